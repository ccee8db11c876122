# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mio_chat_global_optspecs
    string join \n c/config= check-config tcp= udp= bind= admin= backlog= proxy-protocol= max-clients= max-per-address= ban= max-rooms= greet-after= register-timeout= line-timeout= flood= flood-address= names= keepalive= user-timeout= drain= lame-duck= come-back= history= motd= state= digest-above= operators= tokens= reserve= password-rounds= register-before-connect= register-email= web= web-origin= server-name= irc-password= webirc= tls-cert= tls-key= tls= sts= outbox-soft= outbox-hard= outbox-age= outbox-total= max-delay= plain-pairing= udp-rate= relay= relay-rate= relay-quota= relay-total= v/verbose q/quiet log-level= log-file= h/help
end

function __fish_mio_chat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mio_chat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mio_chat_using_subcommand
    set -l cmd (__fish_mio_chat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mio-chat -n "__fish_mio_chat_needs_command" -s c -l config -d 'Configuration file in TOML: its keys are the flags below; flags and variables override it, and SIGHUP reads it again' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tcp -d 'TCP port for chat, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4 and IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l udp -d 'UDP port for matchmaking, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4 and IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l bind -d 'Address for ports given without one [default: every address, IPv4 and IPv6]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l admin -d 'Port on loopback, or ADDR:PORT, for metrics, health checks and a live page over HTTP; anyone who can connect may read them [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l backlog -d 'Connections that the kernel queues until they are accepted' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l proxy-protocol -d 'Trusted balancers, as addresses or networks: their connections must begin with a PROXY protocol header (version 1 or 2) that names the client\'s true address' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-clients -d 'Maximum number of clients [default: what the descriptor limit allows, less 64]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-per-address -d 'Maximum number of clients from one IPv4 address or IPv6 /64; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l ban -d 'Banned addresses, or networks such as 203.0.113.0/24; in IPv6 a /64 is the smallest' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-rooms -d 'Maximum number of rooms' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l greet-after -d 'How long a silent client waits for the nickname prompt; 0s prompts at once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l register-timeout -d 'How long a client may take to choose a nickname' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l line-timeout -d 'How long a line may stay unfinished' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l flood -d 'Flood control: lines a client may send at once, and lines a second after that; or "off" for load tests' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l flood-address -d 'Flood control for all clients of one IPv4 address or IPv6 /64: lines at once, besides 3 for each nickname, and lines a second after that; never less than --flood, and off if that is off; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l names -d 'Letters allowed in nicknames and room names: ASCII, or any one script' -r -f -a "ascii\t''
unicode\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l keepalive -d 'Idle time after which TCP probes a client\'s machine, spread down to half of it so that not all are probed at once; at least 3s below --user-timeout; 0s never probes' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l user-timeout -d 'How long sent data may stay unacknowledged before the client counts as lost; 0s leaves that to the system' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l drain -d 'How long clients may take to read the goodbye when the server stops' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l lame-duck -d 'Time over which SIGUSR2 sends everybody away, one by one' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l come-back -d 'Time over which clients that are sent away are asked to come back, each at another moment; 0s names no time' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l history -d 'Messages that each room remembers and shows to newcomers; 0 for none' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l motd -d 'Message of the day: lines shown to everyone who connects' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l state -d 'Folder for accounts, history, topics, owners, bans and mutes, to survive a restart [default: nothing is saved]' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l digest-above -d 'Room size above which a room hears once a second how many came and went, instead of who' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l operators -d 'File of server operators: on each line a name, and a hash made by "mio-chat hash-password" or the word account' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tokens -d 'File of tokens, by which bots may speak over HTTP: written by "mio-chat token"' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l reserve -d 'Nicknames that nobody may take, besides those of operators and bots' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l password-rounds -d 'Rounds (PBKDF2) in which passwords of new accounts are hashed' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l register-before-connect -d 'Whether programs may register an account before they have a nickname' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l register-email -d 'Whether an address for letters is needed to register an account; none is written to' -r -f -a "optional\t''
required\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l web -d 'Whether the chat port also serves the chat page, WebSocket and the HTTP interface' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l web-origin -d 'Origins of other web pages that may use this server, such as https://games.example; where the server listens on loopback alone, also the name by which a proxy calls it' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l server-name -d 'The server\'s name, as IRC clients show it' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l irc-password -d 'Password that IRC clients have to give (PASS); others need none [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l webirc -d 'File of gateways that may say for whom they come (WEBIRC): on each line an address or a network, and a hash made by "mio-chat hash-password"' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tls-cert -d 'Certificate in PEM, with its chain behind it: the chat port then speaks TLS and HTTPS as well. May be given more than once, for several hosts; SIGHUP reads the files again' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tls-key -d 'Private key of the certificate, in PEM; for several, in the same order [default: in the file of the certificate]' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tls -d '"self-signed" makes a certificate, and keeps it in --state if there is one; "only" refuses unencrypted clients from other machines; both may be given' -r -f -a "self-signed\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l sts -d 'Tell IRC clients to connect by TLS, and by nothing else for this long after each connection (STS): TIME, or TIME:PORT where TLS is reached at another port than the first of --tcp; 0s withdraws it [default: they are told nothing]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-soft -d 'Unread bytes above which a client no longer hears who joins and leaves' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-hard -d 'Unread bytes above which a client is disconnected' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-age -d 'Age of the oldest unread byte at which a client is disconnected' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-total -d 'Memory for unread bytes above which the slowest clients are disconnected; shared bytes count once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-delay -d 'How long messages of a busy room may be gathered to be written together; 0s writes at once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l plain-pairing -d 'Whether any two datagrams make a pair (STUN is always answered)' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l udp-rate -d 'Datagrams a second served per IPv4 address or IPv6 /64; loopback is exempt; 0 for no limit' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay -d 'When the server relays players\' datagrams: never, for players that cannot reach each other directly, or for all, who then see no addresses' -r -f -a "off\t''
fallback\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-rate -d 'Bytes a second relayed for one player' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-quota -d 'Bytes relayed for one player in one match' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-total -d 'Bytes a second relayed for all players together' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l log-level -d 'Least important level to log: error, warn, info, debug, trace or off' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l log-file -d 'File to append the log to, instead of stderr; SIGHUP reopens it' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l check-config -d 'Check the settings, and the files and folders they name, then exit; exit code 2 if a flag or a variable is wrong, 78 for anything else'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s v -l verbose -d 'Log more: -v logs connections, -vv every read and write'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s q -l quiet -d 'Log less: -q only warnings and errors, -qq only errors'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "serve" -d 'Run the server (the default command)'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "chat" -d 'Chat in a terminal or in a pipe'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "load" -d 'Load-test a chat server with many simulated clients'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "match" -d 'Find other players over UDP and exchange lines with them, or check your own NAT'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "health" -d 'Check the health of a server that runs with --admin'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "hash-password" -d 'Read an operator\'s password from stdin and print its hash, for --operators'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "token" -d 'Make, list or remove the tokens of bots, for --tokens'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "manual" -d 'Print manual pages, or completions for bash, zsh or fish'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s c -l config -d 'Configuration file in TOML: its keys are the flags below; flags and variables override it, and SIGHUP reads it again' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tcp -d 'TCP port for chat, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4 and IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l udp -d 'UDP port for matchmaking, or ADDR:PORT; 0 picks a free port, and [::]:PORT means both IPv4 and IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l bind -d 'Address for ports given without one [default: every address, IPv4 and IPv6]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l admin -d 'Port on loopback, or ADDR:PORT, for metrics, health checks and a live page over HTTP; anyone who can connect may read them [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l backlog -d 'Connections that the kernel queues until they are accepted' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l proxy-protocol -d 'Trusted balancers, as addresses or networks: their connections must begin with a PROXY protocol header (version 1 or 2) that names the client\'s true address' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-clients -d 'Maximum number of clients [default: what the descriptor limit allows, less 64]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-per-address -d 'Maximum number of clients from one IPv4 address or IPv6 /64; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l ban -d 'Banned addresses, or networks such as 203.0.113.0/24; in IPv6 a /64 is the smallest' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-rooms -d 'Maximum number of rooms' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l greet-after -d 'How long a silent client waits for the nickname prompt; 0s prompts at once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l register-timeout -d 'How long a client may take to choose a nickname' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l line-timeout -d 'How long a line may stay unfinished' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l flood -d 'Flood control: lines a client may send at once, and lines a second after that; or "off" for load tests' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l flood-address -d 'Flood control for all clients of one IPv4 address or IPv6 /64: lines at once, besides 3 for each nickname, and lines a second after that; never less than --flood, and off if that is off; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l names -d 'Letters allowed in nicknames and room names: ASCII, or any one script' -r -f -a "ascii\t''
unicode\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l keepalive -d 'Idle time after which TCP probes a client\'s machine, spread down to half of it so that not all are probed at once; at least 3s below --user-timeout; 0s never probes' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l user-timeout -d 'How long sent data may stay unacknowledged before the client counts as lost; 0s leaves that to the system' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l drain -d 'How long clients may take to read the goodbye when the server stops' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l lame-duck -d 'Time over which SIGUSR2 sends everybody away, one by one' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l come-back -d 'Time over which clients that are sent away are asked to come back, each at another moment; 0s names no time' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l history -d 'Messages that each room remembers and shows to newcomers; 0 for none' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l motd -d 'Message of the day: lines shown to everyone who connects' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l state -d 'Folder for accounts, history, topics, owners, bans and mutes, to survive a restart [default: nothing is saved]' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l digest-above -d 'Room size above which a room hears once a second how many came and went, instead of who' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l operators -d 'File of server operators: on each line a name, and a hash made by "mio-chat hash-password" or the word account' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tokens -d 'File of tokens, by which bots may speak over HTTP: written by "mio-chat token"' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l reserve -d 'Nicknames that nobody may take, besides those of operators and bots' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l password-rounds -d 'Rounds (PBKDF2) in which passwords of new accounts are hashed' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l register-before-connect -d 'Whether programs may register an account before they have a nickname' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l register-email -d 'Whether an address for letters is needed to register an account; none is written to' -r -f -a "optional\t''
required\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l web -d 'Whether the chat port also serves the chat page, WebSocket and the HTTP interface' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l web-origin -d 'Origins of other web pages that may use this server, such as https://games.example; where the server listens on loopback alone, also the name by which a proxy calls it' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l server-name -d 'The server\'s name, as IRC clients show it' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l irc-password -d 'Password that IRC clients have to give (PASS); others need none [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l webirc -d 'File of gateways that may say for whom they come (WEBIRC): on each line an address or a network, and a hash made by "mio-chat hash-password"' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tls-cert -d 'Certificate in PEM, with its chain behind it: the chat port then speaks TLS and HTTPS as well. May be given more than once, for several hosts; SIGHUP reads the files again' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tls-key -d 'Private key of the certificate, in PEM; for several, in the same order [default: in the file of the certificate]' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tls -d '"self-signed" makes a certificate, and keeps it in --state if there is one; "only" refuses unencrypted clients from other machines; both may be given' -r -f -a "self-signed\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l sts -d 'Tell IRC clients to connect by TLS, and by nothing else for this long after each connection (STS): TIME, or TIME:PORT where TLS is reached at another port than the first of --tcp; 0s withdraws it [default: they are told nothing]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-soft -d 'Unread bytes above which a client no longer hears who joins and leaves' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-hard -d 'Unread bytes above which a client is disconnected' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-age -d 'Age of the oldest unread byte at which a client is disconnected' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-total -d 'Memory for unread bytes above which the slowest clients are disconnected; shared bytes count once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-delay -d 'How long messages of a busy room may be gathered to be written together; 0s writes at once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l plain-pairing -d 'Whether any two datagrams make a pair (STUN is always answered)' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l udp-rate -d 'Datagrams a second served per IPv4 address or IPv6 /64; loopback is exempt; 0 for no limit' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay -d 'When the server relays players\' datagrams: never, for players that cannot reach each other directly, or for all, who then see no addresses' -r -f -a "off\t''
fallback\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-rate -d 'Bytes a second relayed for one player' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-quota -d 'Bytes relayed for one player in one match' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-total -d 'Bytes a second relayed for all players together' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l log-level -d 'Least important level to log: error, warn, info, debug, trace or off' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l log-file -d 'File to append the log to, instead of stderr; SIGHUP reopens it' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l check-config -d 'Check the settings, and the files and folders they name, then exit; exit code 2 if a flag or a variable is wrong, 78 for anything else'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s v -l verbose -d 'Log more: -v logs connections, -vv every read and write'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s q -l quiet -d 'Log less: -q only warnings and errors, -qq only errors'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s n -l nick -d 'Your nickname [default: your login name, or you are asked]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l account -d 'Account to log in to; its password is asked for, or comes from a file or a variable' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l password-file -d 'File with the password of the account [default: MIO_CHAT_PASSWORD, or you are asked]' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s r -l room -d 'Room to join' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l ca -d 'With TLS: trust the certificates in this file, in PEM, and no others' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l pin -d 'With TLS: trust the certificate with this SHA-256 fingerprint, and no other' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l format -d 'Output format in a pipe' -r -f -a "text\t'Messages of others, as people read them'
json\t'Everything, as one JSON object a line'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l theme -d 'Colours; auto follows NO_COLOR, TERM and COLORFGBG' -r -f -a "auto\t''
basic\t'The terminal\'s own eight colours'
dark\t'For a dark background'
light\t'For a light background'
none\t'No colours'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l literal -d 'In a pipe: say lines that begin with / instead of running them as commands'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l stay -d 'In a pipe: go on listening after stdin has ended'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l ca -d 'With TLS: trust the certificates in this file, in PEM, and no others' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l pin -d 'With TLS: trust the certificate with this SHA-256 fingerprint, and no other' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l clients -d 'Clients in the room; in a storm, clients that come and go altogether' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l dialect -d 'Language of the server' -r -f -a "lines\t'mio-chat\'s plain lines: a nickname, then messages'
json\t'mio-chat\'s JSON dialect 1, one object a line'
ws\t'The same over WebSocket, one object a frame'
raw\t'No names: everyone hears everything as it was sent'
raw-others\t'As raw, but the sender does not hear its own messages'
redis\t'Redis pub/sub; senders have connections of their own'
nats\t'NATS, one subject'
irc\t'IRC, one channel; clients do not hear themselves'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l room -d 'Room, channel or subject where the clients meet [default: main in lines, else mio-chat-load]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l capabilities -d 'irc: capabilities that each client asks for, such as server-time,message-tags' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l at-once -d 'storm, pairs, matches, bindings, echoes: clients at a time' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l stalled -d 'slow: share of clients that never read, from 0 to 1' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l churn -d 'churn: clients that leave and are replaced each second' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l senders -d 'fan-out: clients that speak' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l in-flight -d 'fan-out: messages that each sender keeps in flight' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l rate -d 'chatter, slow, churn: messages a second from each client' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l size -d 'Size of a message in bytes as lines, raw and raw-others deliver it, name and newline included' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l duration -d 'How long to measure' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l warm-up -d 'How long to warm up before measuring' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l processes -d 'Processes to spread the clients over [default: as many as their descriptors need]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l server-pid -d 'Server process whose CPU and memory to watch. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l json -d 'Write the report to this file as JSON; - means stdout, and then nothing else is printed there' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l tls -d 'Encrypt all connections, as with tls://'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l newcomers -d 'bindings, echoes: send each question from a new endpoint, as in pairs and matches'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -s q -l quiet -d 'Show no progress bar'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l server-is-mine -d 'Allow a server that is not on this machine'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l players -d 'Number of players, including yourself [default: 2, or as many as the token is for]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l name -d 'Your name for the other players; a nickname that the server vouches for takes precedence' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l token -d 'Token from `/match` in the chat: 16 hexadecimal digits' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l timeout -d 'How long to wait for other players, such as 30s or 5m [default: for ever]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l stay -d 'Go on listening after stdin has ended, until the others have left'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l check -d 'Find out what kind of NAT you are behind, and what that means for playing'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s 4 -d 'Use IPv4 only'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s 6 -d 'Use IPv6 only'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -l admin -d 'Address of the server\'s --admin: a port of this machine, HOST or HOST:PORT' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -l ready -d 'Also ask whether the server accepts new clients: not while it stops, is full or is out of descriptors'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand hash-password" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand token" -l room -d 'Room in which the bot may speak' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand token" -l tokens -d 'File of tokens, which need not be there yet' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand token" -l hook -d 'Make a hook: a secret address, for programs that cannot send a token'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand manual" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "serve" -d 'Run the server (the default command)'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "chat" -d 'Chat in a terminal or in a pipe'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "load" -d 'Load-test a chat server with many simulated clients'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "match" -d 'Find other players over UDP and exchange lines with them, or check your own NAT'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "health" -d 'Check the health of a server that runs with --admin'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "hash-password" -d 'Read an operator\'s password from stdin and print its hash, for --operators'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "token" -d 'Make, list or remove the tokens of bots, for --tokens'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "manual" -d 'Print manual pages, or completions for bash, zsh or fish'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password token manual help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

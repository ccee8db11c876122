# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mio_chat_global_optspecs
    string join \n c/config= check-config tcp= udp= bind= admin= backlog= proxy-protocol= max-clients= max-per-address= ban= max-rooms= greet-after= register-timeout= line-timeout= flood= flood-address= names= keepalive= user-timeout= drain= lame-duck= come-back= history= motd= state= digest-above= operators= reserve= outbox-soft= outbox-hard= outbox-age= outbox-total= max-delay= plain-pairing= udp-rate= relay= relay-rate= relay-quota= relay-total= v/verbose q/quiet log-level= log-file= h/help
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

complete -c mio-chat -n "__fish_mio_chat_needs_command" -s c -l config -d 'TOML file of settings: its keys are the flags below; flags and variables win over it, and SIGHUP reads it again' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l tcp -d 'TCP port for chat, or ADDR:PORT; 0 picks a free port, and [::]:PORT is IPv4 as well as IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l udp -d 'UDP port for matchmaking, or ADDR:PORT; 0 picks a free port, and [::]:PORT is IPv4 as well as IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l bind -d 'Address for ports given without one [default: every address, IPv4 and IPv6]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l admin -d 'Port on loopback, or ADDR:PORT, for metrics, health checks and a live page over HTTP; anyone who gets there may read them [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l backlog -d 'Connections the kernel may hold until they are accepted' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l proxy-protocol -d 'Balancers, by address or block of addresses, each of whose connections must begin with a header of the PROXY protocol, version 1 or 2, that tells the client\'s true address' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-clients -d 'Clients at once [default: what the descriptor limit allows, less 64]' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-per-address -d 'Clients at once from one IPv4 address or IPv6 /64; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l ban -d 'Addresses from which nobody is served, or networks such as 203.0.113.0/24; those of IPv6 are at least a /64' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-rooms -d 'Rooms at once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l greet-after -d 'How long a silent client waits for the nickname prompt; 0s prompts at once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l register-timeout -d 'How long a client may take to choose a nickname' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l line-timeout -d 'How long a line may stay unfinished' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l flood -d 'Lines a client may say at once, and lines a second after that; or "off" for load tests' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l flood-address -d 'Lines that all from one IPv4 address or IPv6 /64 may say at once, beside what their nicknames cost (3 each), and lines a second after that; never less than --flood, and off where that is; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l names -d 'Letters in nicknames and room names: those of ASCII, or of any one script' -r -f -a "ascii\t''
unicode\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l keepalive -d 'Idle time, down to half of it so that not all are asked at once, after which a client\'s machine is asked whether it is still there; at least 3s below --user-timeout; 0s never asks' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l user-timeout -d 'How long sent data may stay unacknowledged before the client is lost; 0s asks the system' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l drain -d 'How long clients may take to read the goodbye when the server stops' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l lame-duck -d 'Over which time SIGUSR2 sends everybody away, one by one' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l come-back -d 'Within which time those who are sent away are told to come back, each at another moment; 0s tells no time' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l history -d 'Messages that each room remembers and reads to those who come; 0 for none' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l motd -d 'Message of the day: lines that everyone who comes is told' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l state -d 'Folder to keep history, topics, owners, bans and mutes in over a restart [default: nothing is kept]' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l digest-above -d 'Members above which a room hears once a second how many came and went, not who' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l operators -d 'File of those who look after the server: a name and a hash by "mio-chat hash-password" on each line' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l reserve -d 'Nicknames that nobody may take, besides those of operators' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-soft -d 'Unread bytes above which a client no longer hears who comes and goes' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-hard -d 'Unread bytes above which a client is cut off' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-age -d 'Age of the oldest unread byte at which a client is cut off' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l outbox-total -d 'Memory for unread bytes above which the slowest are cut off; what many wait for counts once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l max-delay -d 'How long messages of a busy room may be gathered to be written together; 0s writes at once' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l plain-pairing -d 'Whether any two datagrams make a pair (STUN is always answered)' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l udp-rate -d 'Datagrams a second served per IPv4 address or IPv6 /64; loopback is exempt; 0 for no limit' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay -d 'Whether players\' datagrams are passed on by the server: never, for those who cannot reach each other directly, or for all, who are then told no addresses' -r -f -a "off\t''
fallback\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-rate -d 'Bytes a second passed on for one player' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-quota -d 'Bytes passed on for one player in one match' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l relay-total -d 'Bytes a second passed on for all players together' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l log-level -d 'The least important level to log: error, warn, info, debug, trace or off' -r
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l log-file -d 'File to append the log to instead of stderr; SIGHUP reopens it' -r -F
complete -c mio-chat -n "__fish_mio_chat_needs_command" -l check-config -d 'Check that all settings make sense and that the files and folders they name can be used, then exit; exit code 2 if a flag or a variable is wrong, 78 for anything else'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s v -l verbose -d 'Say more: -v who comes and goes, -vv every read and write'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s q -l quiet -d 'Say less: -q warnings and errors, -qq errors only'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "serve" -d 'Run the server; the same as naming no command'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "chat" -d 'Chat in a terminal, or in a pipe where there is none'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "load" -d 'Load a chat server with many simulated clients and report how it fared'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "match" -d 'Find other players over UDP and exchange lines with them, or check your own NAT'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "health" -d 'Ask a server with --admin how it is, for health checks'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "hash-password" -d 'Hash the password of somebody who looks after the server, read from stdin, for --operators'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "manual" -d 'Print a manual page, or completions for bash, zsh or fish'
complete -c mio-chat -n "__fish_mio_chat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s c -l config -d 'TOML file of settings: its keys are the flags below; flags and variables win over it, and SIGHUP reads it again' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l tcp -d 'TCP port for chat, or ADDR:PORT; 0 picks a free port, and [::]:PORT is IPv4 as well as IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l udp -d 'UDP port for matchmaking, or ADDR:PORT; 0 picks a free port, and [::]:PORT is IPv4 as well as IPv6. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l bind -d 'Address for ports given without one [default: every address, IPv4 and IPv6]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l admin -d 'Port on loopback, or ADDR:PORT, for metrics, health checks and a live page over HTTP; anyone who gets there may read them [default: none]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l backlog -d 'Connections the kernel may hold until they are accepted' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l proxy-protocol -d 'Balancers, by address or block of addresses, each of whose connections must begin with a header of the PROXY protocol, version 1 or 2, that tells the client\'s true address' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-clients -d 'Clients at once [default: what the descriptor limit allows, less 64]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-per-address -d 'Clients at once from one IPv4 address or IPv6 /64; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l ban -d 'Addresses from which nobody is served, or networks such as 203.0.113.0/24; those of IPv6 are at least a /64' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-rooms -d 'Rooms at once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l greet-after -d 'How long a silent client waits for the nickname prompt; 0s prompts at once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l register-timeout -d 'How long a client may take to choose a nickname' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l line-timeout -d 'How long a line may stay unfinished' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l flood -d 'Lines a client may say at once, and lines a second after that; or "off" for load tests' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l flood-address -d 'Lines that all from one IPv4 address or IPv6 /64 may say at once, beside what their nicknames cost (3 each), and lines a second after that; never less than --flood, and off where that is; loopback is exempt' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l names -d 'Letters in nicknames and room names: those of ASCII, or of any one script' -r -f -a "ascii\t''
unicode\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l keepalive -d 'Idle time, down to half of it so that not all are asked at once, after which a client\'s machine is asked whether it is still there; at least 3s below --user-timeout; 0s never asks' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l user-timeout -d 'How long sent data may stay unacknowledged before the client is lost; 0s asks the system' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l drain -d 'How long clients may take to read the goodbye when the server stops' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l lame-duck -d 'Over which time SIGUSR2 sends everybody away, one by one' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l come-back -d 'Within which time those who are sent away are told to come back, each at another moment; 0s tells no time' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l history -d 'Messages that each room remembers and reads to those who come; 0 for none' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l motd -d 'Message of the day: lines that everyone who comes is told' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l state -d 'Folder to keep history, topics, owners, bans and mutes in over a restart [default: nothing is kept]' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l digest-above -d 'Members above which a room hears once a second how many came and went, not who' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l operators -d 'File of those who look after the server: a name and a hash by "mio-chat hash-password" on each line' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l reserve -d 'Nicknames that nobody may take, besides those of operators' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-soft -d 'Unread bytes above which a client no longer hears who comes and goes' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-hard -d 'Unread bytes above which a client is cut off' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-age -d 'Age of the oldest unread byte at which a client is cut off' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l outbox-total -d 'Memory for unread bytes above which the slowest are cut off; what many wait for counts once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l max-delay -d 'How long messages of a busy room may be gathered to be written together; 0s writes at once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l plain-pairing -d 'Whether any two datagrams make a pair (STUN is always answered)' -r -f -a "on\t''
off\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l udp-rate -d 'Datagrams a second served per IPv4 address or IPv6 /64; loopback is exempt; 0 for no limit' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay -d 'Whether players\' datagrams are passed on by the server: never, for those who cannot reach each other directly, or for all, who are then told no addresses' -r -f -a "off\t''
fallback\t''
only\t''"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-rate -d 'Bytes a second passed on for one player' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-quota -d 'Bytes passed on for one player in one match' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l relay-total -d 'Bytes a second passed on for all players together' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l log-level -d 'The least important level to log: error, warn, info, debug, trace or off' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l log-file -d 'File to append the log to instead of stderr; SIGHUP reopens it' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -l check-config -d 'Check that all settings make sense and that the files and folders they name can be used, then exit; exit code 2 if a flag or a variable is wrong, 78 for anything else'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s v -l verbose -d 'Say more: -v who comes and goes, -vv every read and write'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s q -l quiet -d 'Say less: -q warnings and errors, -qq errors only'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand serve" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s n -l nick -d 'What to be called [default: your login name, or you are asked]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s r -l room -d 'The room to go to' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l format -d 'How a pipe writes what is heard' -r -f -a "text\t'What others say, as people read it'
json\t'Everything, one object a line'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l theme -d 'Colours; auto goes by NO_COLOR, TERM and COLORFGBG' -r -f -a "auto\t''
basic\t'The terminal\'s own eight'
dark\t'For a dark background'
light\t'For a light background'
none\t'None'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l literal -d 'In a pipe: say lines that begin with / instead of carrying them out'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -l stay -d 'In a pipe: go on listening when stdin has ended'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l clients -d 'Clients in the room; in a storm, clients that come and go in all' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l dialect -d 'The language they speak' -r -f -a "lines\t'Plain lines, as mio-chat speaks them: a nickname, then messages'
raw\t'No names: everyone hears what anyone sends as it is'
raw-others\t'As raw, but everyone except the sender hears it'
redis\t'Redis pub/sub; senders have connections of their own'
nats\t'NATS, one subject'
irc\t'IRC, one channel; nobody hears itself'"
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l room -d 'The room, channel or subject where they meet [default: main in lines, else mio-chat-load]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l at-once -d 'storm, pairs, matches, bindings, echoes: clients at a time' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l stalled -d 'slow: share of the clients that does not read, from 0 to 1' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l churn -d 'churn: clients a second that leave and are replaced' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l senders -d 'fan-out: clients that speak' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l in-flight -d 'fan-out: messages that each of them keeps in flight' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l rate -d 'chatter, slow, churn: messages a second that each client says' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l size -d 'Bytes of a message as lines, raw and raw-others deliver it, name and newline included' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l duration -d 'Measured time' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l warm-up -d 'Time before it in which the same is done and not counted' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l processes -d 'Processes to spread the clients over [default: as many as their descriptors need]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l server-pid -d 'Process of the server whose CPU and memory to watch. May be given more than once' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l json -d 'Write the report to this file as JSON; - is stdout, and then nothing else is printed there' -r -F
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l newcomers -d 'bindings, echoes: each question comes from a new endpoint, as in pairs and matches'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -s q -l quiet -d 'Show no progress'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -l server-is-mine -d 'The server may be loaded although it is not on this machine'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand load" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l players -d 'Players, oneself included [default: 2, or what the token is for]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l name -d 'How the others are to call you; a nickname that the server vouches for wins' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l token -d 'What `/match` in the chat has given out: 16 hexadecimal digits' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l timeout -d 'How long to wait for others, such as 30s or 5m [default: for ever]' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l stay -d 'Go on listening after stdin has ended, until the others have left'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -l check -d 'Tell what kind of NAT is in the way, and what that means for playing'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s 4 -d 'Use IPv4 alone'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s 6 -d 'Use IPv6 alone'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand match" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -l admin -d 'Where the server\'s --admin is: a port of this machine, HOST or HOST:PORT' -r
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -l ready -d 'Ask whether new clients may be sent there, too: not while it stops, is full or is out of descriptors'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand health" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand hash-password" -s h -l help -d 'Print help'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand manual" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "serve" -d 'Run the server; the same as naming no command'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "chat" -d 'Chat in a terminal, or in a pipe where there is none'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "load" -d 'Load a chat server with many simulated clients and report how it fared'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "match" -d 'Find other players over UDP and exchange lines with them, or check your own NAT'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "health" -d 'Ask a server with --admin how it is, for health checks'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "hash-password" -d 'Hash the password of somebody who looks after the server, read from stdin, for --operators'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "manual" -d 'Print a manual page, or completions for bash, zsh or fish'
complete -c mio-chat -n "__fish_mio_chat_using_subcommand help; and not __fish_seen_subcommand_from serve chat load match health hash-password manual help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

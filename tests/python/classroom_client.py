"""The classroom client: the chat client of a well-known socket tutorial, as hundreds of students
have typed it in. Two threads; no newline is ever sent; what one recv brings is compared with NICK
or printed. Its faults are the tutorial's and must stay: the server has to get on with them.

Usage: classroom_client.py NICKNAME HOST PORT    (the text to say comes from stdin)
"""

import socket
import sys
import threading

nickname = sys.argv[1]

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((sys.argv[2], int(sys.argv[3])))


def receive():
    while True:
        try:
            message = client.recv(1024).decode('ascii')
            if message == 'NICK':
                client.send(nickname.encode('ascii'))
            else:
                print(message, flush=True)
        except:
            print("An error occured!", flush=True)
            client.close()
            break


def write():
    while True:
        message = '{}: {}'.format(nickname, input(''))
        client.send(message.encode('ascii'))


receive_thread = threading.Thread(target=receive)
receive_thread.start()

write_thread = threading.Thread(target=write)
write_thread.start()

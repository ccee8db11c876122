"""An ICE agent (aioice) that asks the server for its server-reflexive candidate.

Prints each candidate as SDP has it. Loopback is no address to an ICE agent; here it is the only one.

Usage: ice_gather.py PACKAGES HOST PORT    (PACKAGES: the folder in which aioice is installed)
"""

import asyncio
import sys

sys.path.insert(0, sys.argv[1])

import aioice.ice

aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]


async def gather():
    server = (sys.argv[2], int(sys.argv[3]))
    agent = aioice.Connection(ice_controlling=True, stun_server=server)
    await agent.gather_candidates()
    for candidate in agent.local_candidates:
        print(candidate.to_sdp(), flush=True)
    await agent.close()


asyncio.run(gather())

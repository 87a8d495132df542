"""asyncio-loop.py PORT DELAY [NUMBER] [processes] - an event loop; with NUMBER,
as many threads of a pool work on the messages; with "processes", there is a
process per message"""
import asyncio
import concurrent.futures
import contextlib
import signal
import sys
import time

from protocol import DELAY, NUMBER, PORT, Conversation

BACKLOG = 511
readers = {}  # the task of each client
stopping = asyncio.Event()


async def work():
    if "processes" in sys.argv:
        process = await asyncio.create_subprocess_exec("sleep", str(DELAY))
        await process.wait()
    elif NUMBER > 0:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(pool, time.sleep, DELAY)
    else:
        await asyncio.sleep(DELAY)


async def serve(reader, writer):
    conversation = Conversation()
    readers[asyncio.current_task()] = reader
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        while not (stopping.is_set() or conversation.is_over):
            data = await reader.read(65536)
            if not data:
                break
            for answer in conversation.answers(data):
                if answer == b"ack":
                    await work()
                writer.write(answer)
                await writer.drain()
                if stopping.is_set():
                    break
        writer.write_eof()
        async with asyncio.timeout(0.5):  # or answers would be lost
            while await reader.read(65536):
                pass
    del readers[asyncio.current_task()]
    writer.close()


def stop():
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    stopping.set()
    for reader in readers.values():
        reader.feed_eof()


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    server = await asyncio.start_server(serve, "127.0.0.1", PORT,
                                        backlog=BACKLOG)
    await stopping.wait()
    server.close()
    if readers:
        await asyncio.wait(list(readers))


pool = concurrent.futures.ThreadPoolExecutor(NUMBER or 1)
asyncio.run(main())

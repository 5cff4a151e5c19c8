"""Calls over ssh with Mitogen, for BenchmarkBesideMitogen.

Arguments: host, user, private key, known_hosts file. Each line of standard input asks for
one round: "one N" makes N calls, one after the other, "many N" makes N calls of which none
is waited for until all are sent. The answer is a line with the seconds that it took.
"""
import sys
import time

import mitogen.utils


def echo(text):
    return text


def main(router):
    host, user, key, known_hosts = sys.argv[1:5]
    context = router.ssh(
        hostname=host, username=user, identity_file=key, python_path="/usr/bin/python3",
        check_host_keys="enforce", ssh_args=["-F", "none", "-o", "UserKnownHostsFile=" + known_hosts], compression=False,
    )
    text = "x" * 64
    context.call(echo, text)
    print("ready", flush=True)
    for line in sys.stdin:
        way, count = line.split()
        began = time.monotonic()
        if way == "one":
            for _ in range(int(count)):
                context.call(echo, text)
        else:
            for result in [context.call_async(echo, text) for _ in range(int(count))]:
                result.get().unpickle()
        print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    mitogen.utils.run_with_router(main)

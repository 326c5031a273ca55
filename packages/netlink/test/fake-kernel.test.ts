/** What the scripted kernel can do to a socket: faults, delays, cuts, interruptions, losses, nonsense. */
import * as E from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type MessageCursor,
  MessageWriter,
  NETLINK,
  type NetlinkEvent,
  type NetlinkOptions,
  type NetlinkSocket,
  openNetlink,
} from '../src/index.js';
import { createFakeKernel, type FakeKernel, type FakeScript } from '../src/testing.js';
import { cases } from './support/cases.js';
import { right } from './support/messages.js';

const TYPE = 28;
const GROUP = 3;
const silent: FakeScript = () => undefined;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const withSocket = async (
  kernel: FakeKernel,
  body: (socket: NetlinkSocket, events: ReadonlyArray<NetlinkEvent>) => Promise<void> | void,
  options: Partial<NetlinkOptions> = {},
): Promise<void> => {
  const opened = await openNetlink({ protocol: NETLINK.GENERIC, transport: kernel, ...options })();
  const socket = right(opened);
  const events: Array<NetlinkEvent> = [];
  socket.events.on((event) => events.push(event));
  try {
    await body(socket, events);
  } finally {
    right(await socket.stop());
  }
  expect(kernel.channels()).toBe(0);
};

const request = (): MessageWriter => new MessageWriter().begin(TYPE, 0).u32(1, 7);
const message = (value: number): MessageWriter => new MessageWriter().begin(TYPE, 0).u32(1, value);
const valueOf = ({ source, payload }: MessageCursor): number =>
  source.view.getUint32(payload + 4, true);

test('an extended acknowledgement reaches the error', async () => {
  const kernel = createFakeKernel((_request, answer) =>
    answer.ack(-22, { text: 'invalid token', offset: 24, missingType: 4 }),
  );
  await withSocket(kernel, async (socket) => {
    const code = socket.call(request());
    expect(socket.refusal(code, 'SUBFLOW_CREATE')).toEqual({
      _tag: 'KernelRefusal',
      message: 'SUBFLOW_CREATE: EINVAL: invalid token',
      errno: 22,
      code: 'EINVAL',
      kernelText: 'invalid token',
      offset: 24,
      missingType: 4,
    });
    const requested = await socket.request(request())();
    expect(E.isLeft(requested) && requested.left).toMatchObject({ kernelText: 'invalid token' });
    // The next refusal does not inherit the text.
    expect(socket.refusal(-2).message).toBe('netlink request: ENOENT');
  });
});

test.each([
  [-1, 'Permission'],
  [-13, 'Permission'],
  [-95, 'Unsupported'],
  [-105, 'Overrun'],
  [-9, 'Closed'],
  [-3, 'KernelRefusal'],
  [-4095, 'KernelRefusal'],
])('error number %i is %s', async (errno, tag) => {
  await withSocket(
    createFakeKernel((_request, answer) => answer.ack(errno)),
    async (socket) => {
      const code = socket.call(request());
      expect(code).toBe(errno);
      expect(socket.refusal(code)._tag).toBe(tag);
      expect(socket.stats()).toMatchObject({ requests: 1, refusals: 1 });
    },
  );
});

test('a call whose answer is late says EAGAIN; a request waits for it', async () => {
  const kernel = createFakeKernel((_request, answer) => {
    answer.later(5);
    answer.message(message(42));
    answer.ack();
  });
  await withSocket(kernel, async (socket) => {
    const late: Array<number> = [];
    const code = socket.call(request(), (m) => late.push(valueOf(m)));
    expect(socket.refusal(code)._tag).toBe('Timeout');
    const values: Array<number> = [];
    const done = await Promise.all(
      [1, 2, 3].map(() => socket.request(request(), (m) => values.push(valueOf(m)))()),
    );
    expect(done.every(E.isRight)).toBe(true);
    expect(values).toEqual([42, 42, 42]);
    // The late answer of the call found nobody.
    expect(late).toEqual([]);
  });
});

test('no answer at all is a Timeout, and a stop ends the waiting', async () => {
  await withSocket(
    createFakeKernel(silent),
    async (socket) => {
      const requested = await socket.request(request())();
      expect(E.isLeft(requested) && requested.left._tag).toBe('Timeout');
      const dumped = await socket.dump(request(), () => undefined)();
      expect(E.isLeft(dumped) && dumped.left._tag).toBe('Timeout');
    },
    { timeoutMs: 20 },
  );
  const kernel = createFakeKernel(silent);
  const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport: kernel })());
  const waiting = [socket.request(request())(), socket.dump(request(), () => undefined)()];
  await turns(2);
  right(await socket.stop());
  for (const result of await Promise.all(waiting)) {
    expect(E.isLeft(result) && result.left._tag).toBe('Closed');
  }
});

test('a signal stops the socket', async () => {
  const controller = new AbortController();
  const kernel = createFakeKernel(silent);
  const opened = await openNetlink({
    protocol: NETLINK.GENERIC,
    transport: kernel,
    signal: controller.signal,
  })();
  const socket = right(opened);
  right(socket.subscribe(GROUP, () => undefined));
  expect(kernel.channels()).toBe(2);
  controller.abort();
  const ended = await socket.closed;
  expect(E.isLeft(ended) && ended.left._tag).toBe('Aborted');
  expect(kernel.channels()).toBe(0);
});

test("a fault of sending and one of receiving are the call's", async () => {
  await withSocket(
    createFakeKernel((_request, answer) => answer.sent(-111)),
    (socket) => {
      expect(socket.call(request())).toBe(-111);
    },
  );
  await withSocket(
    createFakeKernel((_request, answer) => answer.fault(-105)),
    (socket) => {
      expect(socket.refusal(socket.call(request()))._tag).toBe('Overrun');
      expect(socket.stats().overruns).toBe(1);
    },
  );
});

test('an answer longer than the buffer is Truncated, and fits the next time', async () => {
  const long = new MessageWriter().begin(TYPE, 0);
  for (let count = 0; count < 2; count++) long.put(count, new Uint8Array(60_000));
  const kernel = createFakeKernel((_request, answer) => {
    answer.message(long);
    answer.ack();
  });
  await withSocket(kernel, (socket) => {
    const code = socket.call(request());
    expect(socket.refusal(code, 'GET')._tag).toBe('Truncated');
    let length = 0;
    expect(
      socket.call(request(), (m) => {
        length = m.end - m.start;
      }),
    ).toBe(0);
    expect(length).toBe(long.length);
  });
});

test('a dump gives every entry, in as many datagrams as it takes, also with pauses', async () => {
  const kernel = createFakeKernel((_request, answer) => {
    for (let value = 0; value < 100; value++) {
      answer.message(message(value));
      if (value % 3 === 0) answer.cut();
      if (value % 40 === 39) answer.later(2);
    }
    answer.done();
  });
  await withSocket(kernel, async (socket) => {
    const values: Array<number> = [];
    right(await socket.dump(request(), (m) => values.push(valueOf(m)))());
    expect(values).toEqual(Array.from({ length: 100 }, (_, value) => value));
  });
});

test('an interrupted dump is repeated after onRestart, at most three times', async () => {
  for (const interruptions of [1, 3, 4]) {
    let dumps = 0;
    const kernel = createFakeKernel((_request, answer) => {
      dumps++;
      answer.message(message(dumps));
      answer.done(0, { interrupted: dumps <= interruptions });
    });
    await withSocket(kernel, async (socket) => {
      let values: Array<number> = [];
      const result = await socket.dump(
        request(),
        (m) => values.push(valueOf(m)),
        () => {
          values = [];
        },
      )();
      if (interruptions > 3) {
        expect(E.isLeft(result) && result.left._tag).toBe('DumpInterrupted');
        expect(dumps).toBe(4);
      } else {
        expect(E.isRight(result)).toBe(true);
        expect(values).toEqual([interruptions + 1]);
      }
    });
  }
});

test('a failed dump leaves nothing to the next one', async () => {
  let dumps = 0;
  const kernel = createFakeKernel((_request, answer) => {
    dumps++;
    answer.message(message(dumps));
    if (dumps === 1) answer.fault(-105);
    answer.message(message(dumps));
    answer.done(dumps === 2 ? -5 : 0);
  });
  await withSocket(kernel, async (socket) => {
    const values: Array<number> = [];
    const dump = socket.dump(request(), (m) => values.push(valueOf(m)));
    const lost = await dump();
    expect(E.isLeft(lost) && lost.left._tag).toBe('Overrun');
    const failed = await dump();
    expect(E.isLeft(failed) && failed.left).toMatchObject({ code: 'EIO' });
    right(await dump());
    expect(values).toEqual([1, 2, 2, 3, 3]);
  });
});

test('a dump whose datagram was cut off begins anew with a larger buffer', async () => {
  const long = new MessageWriter().begin(TYPE, 0);
  for (let count = 0; count < 3; count++) long.put(count, new Uint8Array(60_000));
  let dumps = 0;
  const kernel = createFakeKernel((_request, answer) => {
    dumps++;
    answer.message(long);
    answer.done();
  });
  await withSocket(kernel, async (socket) => {
    let restarts = 0;
    let whole = 0;
    right(
      await socket.dump(
        request(),
        (m) => {
          if (m.end - m.start === long.length) whole++;
        },
        () => restarts++,
      )(),
    );
    expect([dumps, restarts, whole]).toEqual([2, 1, 1]);
  });
});

test('multicasts reach every subscription; each ends by itself', async () => {
  const kernel = createFakeKernel(silent);
  await withSocket(kernel, async (socket) => {
    const heard: Array<string> = [];
    const first = right(socket.subscribe(GROUP, (m) => heard.push(`a${valueOf(m)}`)));
    const second = right(socket.subscribe(GROUP, (m) => heard.push(`b${valueOf(m)}`)));
    kernel.multicast(NETLINK.GENERIC, GROUP, message(1), message(2));
    kernel.multicast(NETLINK.GENERIC, GROUP + 1, message(9));
    await turns(3);
    expect(heard).toEqual(['a1', 'b1', 'a2', 'b2']);
    first();
    first();
    kernel.multicast(NETLINK.GENERIC, GROUP, message(3));
    await turns(3);
    expect(heard.slice(4)).toEqual(['b3']);
    expect(kernel.channels()).toBe(2);
    second();
    expect(kernel.channels()).toBe(1);
    expect(socket.stats().multicasts).toBe(3);
  });
});

test('a subscription ended inside its callback hears no more of the same datagram', async () => {
  const kernel = createFakeKernel(silent);
  await withSocket(kernel, async (socket) => {
    const heard: Array<number> = [];
    const end = right(
      socket.subscribe(GROUP, (m) => {
        heard.push(valueOf(m));
        end();
      }),
    );
    kernel.multicast(NETLINK.GENERIC, GROUP, message(1), message(2));
    await turns(3);
    expect(heard).toEqual([1]);
  });
});

test('lost multicasts surface as Overrun, nonsense as Malformed, and both go on', async () => {
  const kernel = createFakeKernel(silent);
  await withSocket(kernel, async (socket, events) => {
    const heard: Array<number> = [];
    right(socket.subscribe(GROUP, (m) => heard.push(valueOf(m))));
    kernel.overrun(NETLINK.GENERIC, GROUP);
    kernel.inject(NETLINK.GENERIC, GROUP, Uint8Array.of(1, 2, 3));
    kernel.multicast(NETLINK.GENERIC, GROUP, message(5));
    await turns(3);
    expect(events).toEqual([{ _tag: 'Overrun' }, { _tag: 'Malformed', offset: 0 }]);
    expect(heard).toEqual([5]);
    expect(socket.stats().overruns).toBe(1);
  });
});

test('a group that may not be joined is Permission and keeps no channel', async () => {
  const kernel = createFakeKernel(silent, { mayJoin: () => false });
  await withSocket(kernel, (socket) => {
    const joined = socket.subscribe(GROUP, () => undefined);
    expect(E.isLeft(joined) && joined.left._tag).toBe('Permission');
    expect(kernel.channels()).toBe(1);
  });
});

test('a socket whose descriptor fails ends with the error', async () => {
  const kernel = createFakeKernel(silent);
  const socket = right(await openNetlink({ protocol: NETLINK.GENERIC, transport: kernel })());
  right(socket.subscribe(GROUP, () => undefined));
  kernel.fault(NETLINK.GENERIC, GROUP, -5);
  const ended = await socket.closed;
  expect(E.isLeft(ended) && ended.left).toMatchObject({ _tag: 'KernelRefusal', code: 'EIO' });
  expect(kernel.channels()).toBe(0);
});

test('any bytes as answers and multicasts: no throw, no hang', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }),
      async (datagrams) => {
        const kernel = createFakeKernel((_request, answer) => {
          for (const datagram of datagrams) answer.datagram(datagram);
        });
        await withSocket(
          kernel,
          async (socket) => {
            right(socket.subscribe(GROUP, () => undefined));
            for (const datagram of datagrams) kernel.inject(NETLINK.GENERIC, GROUP, datagram);
            expect(socket.call(request(), () => undefined)).toBeLessThanOrEqual(0);
            await socket.request(request())();
            await socket.dump(request(), () => undefined)();
          },
          { timeoutMs: 1 },
        );
      },
    ),
    cases(0.003),
  );
});

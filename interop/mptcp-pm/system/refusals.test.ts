/** Everything that can be in the way of managing paths has an error of its own, and the doctor names it. */

import {
  type Action,
  anyPolicy,
  type Connection,
  diagnose,
  openPathManager,
  type PathManager,
  type PmError,
} from '@liquid/mptcp-pm';
import type { Netlab } from '@liquid/netlab';
import { connectMptcp } from '@liquid/netlink/mptcp-socket';
import type { IpAddress } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { expect } from 'vitest';
import { isKernel } from './support/kernel.ts';
import { messageOf, right, script, systemTest, until, withLab } from './support/machine.ts';
import { TWO_PATHS } from './support/networks.ts';

const PORT = 4321;

const IDLE = anyPolicy({ name: 'idle', init: 0, step: () => ({ state: 0, actions: [] }) });

const left = <A>(result: E.Either<PmError, A>): PmError => {
  if (E.isRight(result)) throw new Error('it was accepted');
  expect(result.left.message).not.toBe('');
  expect(result.left.remedy, result.left.message).toBeDefined();
  return result.left;
};

const set = async (lab: Netlab, name: string, value: string): Promise<void> => {
  const { exitCode } = right(await lab.exec('client', ['sysctl', '-qw', `${name}=${value}`])());
  expect(exitCode).toBe(0);
};

const listen = async (lab: Netlab, port: number, server: string): Promise<void> => {
  const args = [String(port)];
  await messageOf(right(await lab.spawnNode('server', script(server), { args })()));
};

/** Connects, whatever the peer speaks, and holds the connection. */
const dial = async (lab: Netlab, port: number): Promise<void> => {
  const args = ['10.0.0.2', String(port), '1'];
  await messageOf(right(await lab.spawnNode('client', script('many-clients.ts'), { args })()));
};

const connectionTo = async (manager: PathManager, port: number): Promise<Connection> => {
  const find = (): Connection | undefined =>
    [...manager.view().connections()].find(({ initial }) => initial.remotePort === port);
  await until('the connection is known', () => find()?.established === true);
  const found = find();
  if (found === undefined) throw new Error('it is gone');
  return found;
};

const join = (token: number, local: string, localId?: number): Action => ({
  _tag: 'CreateSubflow',
  token,
  local: local as IpAddress,
  remote: '10.0.1.2' as IpAddress,
  remotePort: PORT,
  backup: false,
  ...(localId === undefined ? {} : { localId }),
});

const bad = async (lab: Netlab): Promise<ReadonlyArray<string>> => {
  const { findings } = await diagnose({ namespace: right(lab.namespaceOf('client')) })();
  for (const { ok, remedy, name } of findings) if (!ok) expect(remedy, name).toBeDefined();
  return findings.filter(({ ok }) => !ok).map(({ name }) => name);
};

systemTest(
  'the kernel refuses: each reason has its own error, with errno and the kernel’s text',
  () =>
    withLab(TWO_PATHS, async (lab) => {
      await listen(lab, PORT, 'echo-server.ts');
      await listen(lab, PORT + 1, 'plain-server.ts');
      const namespace = right(lab.namespaceOf('client'));
      const manager = right(await openPathManager({ namespace, policies: [IDLE] })());
      await dial(lab, PORT);
      const { token, subflows } = await connectionTo(manager, PORT);
      const apply = async (action: Action): Promise<PmError> => left(await manager.apply(action)());

      const wrongToken = await apply(join(token ^ 1, '10.0.1.1'));
      expect(wrongToken).toMatchObject({
        _tag: 'UnknownToken',
        errno: 22,
        kernelText: 'invalid token',
      });

      right(await manager.apply(join(token, '10.0.1.1'))());
      const wrongId = await apply(join(token, '10.0.1.1', 77));
      expect(wrongId).toMatchObject({
        _tag: 'AddressIdMismatch',
        errno: 22,
        kernelText: 'did not match address and id',
      });
      expect(await apply({ _tag: 'Remove', token, id: 99 })).toMatchObject({
        _tag: 'AddressIdMismatch',
        errno: 22,
      });

      const missing = await apply(join(token, '10.0.99.1'));
      expect(missing).toMatchObject({
        _tag: 'AddressNotAvailable',
        errno: 99,
        address: '10.0.99.1',
        // Linux 6.1 gives the number alone.
        ...(isKernel(6, 2) ? { kernelText: 'connect error: -99' } : {}),
      });

      const key = subflows[0]?.key.replace('10.0.0.1', '10.0.1.1') ?? '';
      for (const action of [
        { _tag: 'Destroy', token, subflow: key },
        { _tag: 'Abort', token, subflow: key },
        { _tag: 'SetBackup', token, subflow: key, backup: true },
      ] as const) {
        expect(await apply(action), action._tag).toMatchObject({ _tag: 'SubflowNotFound' });
      }

      // The peer speaks TCP only: it is no connection of ours, and says so when it is meant.
      await dial(lab, PORT + 1);
      const { stdout } = right(await lab.exec('client', ['ss', '-tnMOiH'])());
      const fallen = Number.parseInt(/fallback token:(\w+)/.exec(stdout)?.[1] ?? '', 16);
      right(await manager.poll());
      expect(manager.view().connection(fallen)).toBeUndefined();
      const fallback = await apply(join(fallen, '10.0.1.1'));
      expect(fallback).toMatchObject({ _tag: 'TcpFallback', errno: 107, token: fallen });

      expect(await bad(lab)).toEqual([]);
      await set(lab, 'net.mptcp.pm_type', '0');
      expect(await bad(lab)).toEqual(['path manager']);
      const kernelManages = left(await openPathManager({ namespace, policies: [IDLE] })());
      expect(kernelManages._tag).toBe('KernelPathManager');
      await listen(lab, PORT + 2, 'echo-server.ts');
      await dial(lab, PORT + 2);
      const kernels = await connectionTo(manager, PORT + 2);
      const kernelPm = await apply(join(kernels.token, '10.0.1.1'));
      expect(kernelPm).toMatchObject({ _tag: 'KernelPathManager', errno: 22 });
      expect(kernelPm).toHaveProperty('kernelText');

      await set(lab, 'net.mptcp.enabled', '0');
      expect(await bad(lab)).toEqual(['MPTCP', 'path manager']);
      const off = left(await openPathManager({ namespace, policies: [IDLE] })());
      expect(off._tag).toBe('MptcpDisabled');
      expect(await apply(join(1, '10.0.1.1'))).toMatchObject({ _tag: 'MptcpDisabled', errno: 22 });

      const tags = [wrongToken, wrongId, missing, fallback, kernelPm, off].map(({ _tag }) => _tag);
      expect(new Set(tags).size).toBe(tags.length);
      right(await manager.stop());
    }),
);

systemTest('a connection takes no subflow before its peer has acknowledged data, and says so', () =>
  withLab(TWO_PATHS, async (lab) => {
    await listen(lab, PORT, 'echo-server.ts');
    const namespace = right(lab.namespaceOf('client'));
    const manager = right(await openPathManager({ namespace, policies: [IDLE] })());
    const socket = right(
      await connectMptcp({ host: '10.0.0.2', port: PORT, namespace, timeoutMs: 5000 })(),
    );
    const known = (): Connection | undefined => [...manager.view().connections()][0];
    await until('the connection is known', () => known() !== undefined);
    const { token = 0, established } = known() ?? {};
    expect(established).toBe(false);
    const early = left(await manager.apply(join(token, '10.0.1.1'))());
    expect(early).toMatchObject({ _tag: 'NotEstablished', errno: 107, token });
    socket.write('x');
    await until('it is established', () => known()?.established === true);
    right(await manager.apply(join(token, '10.0.1.1'))());
    socket.destroy();
    await until('its end', () => known() === undefined);
    right(await manager.stop());
  }),
);

systemTest('without CAP_NET_ADMIN: managing is refused, observing works', () =>
  withLab(TWO_PATHS, async (lab) => {
    await listen(lab, PORT, 'echo-server.ts');
    await dial(lab, PORT);
    const who = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all'];
    const { stdout, stderr } = right(
      await lab.exec('client', ['setpriv', ...who, process.execPath, script('unprivileged.ts')])(),
    );
    expect(stderr).toBe('');
    const result = JSON.parse(stdout) as {
      readonly manage: PmError;
      readonly observe: { readonly subflows: ReadonlyArray<unknown>; readonly apply: PmError };
      readonly polls: number;
      readonly doctor: ReadonlyArray<{ readonly name: string; readonly ok: boolean }>;
    };
    expect(result.manage).toMatchObject({
      _tag: 'Permission',
      errno: 1,
      expected: 'CAP_NET_ADMIN',
    });
    expect(result.manage.remedy).toContain('CAP_NET_ADMIN');
    expect(result.observe).toMatchObject({ mode: 'observe', apply: { _tag: 'Permission' } });
    // Before 6.15 the socket diagnosis tells who has no rights nothing of MPTCP.
    if (isKernel(6, 15)) {
      expect(result.observe.subflows).toMatchObject([
        {
          key: expect.stringMatching(/^10\.0\.0\.1:\d+>10\.0\.0\.2:4321$/),
          rttUs: expect.any(Number),
        },
      ]);
    } else expect(result.observe.subflows).toBeUndefined();
    expect(result.polls).toBeGreaterThanOrEqual(3);
    const missing = result.doctor.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(missing).toEqual(['CAP_NET_ADMIN', 'SOCK_DESTROY']);
  }),
);

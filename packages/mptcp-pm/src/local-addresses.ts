/** The addresses of this host that subflows may begin at, kept up to date by the kernel's own news. */

import {
  type InterfaceAddressEntry,
  addresses as addressTable,
  AF,
  IFF,
  IFA_F,
  type Link,
  links as linkTable,
  type NetlinkError,
  type NetlinkSocket,
  type RouteChange,
} from '@liquid/netlink';
import { type IpAddress, isIpv6, isLinkLocal, isLoopback } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type { LocalAddress } from './model.js';

interface KnownLink {
  readonly name: string;
  readonly up: boolean;
}

interface KnownAddress {
  readonly address: IpAddress;
  readonly interfaceIndex: number;
}

/** Not to be used, or not yet: duplicate address detection, or an end in sight (RFC 4862 5.5.4). */
const UNUSABLE = IFA_F.TENTATIVE | IFA_F.DADFAILED | IFA_F.DEPRECATED;

/** Links and addresses as the kernel last told of them. */
class Interfaces {
  readonly #links = new Map<number, KnownLink>();
  readonly #addresses = new Map<string, KnownAddress>();

  clear(): void {
    this.#links.clear();
    this.#addresses.clear();
  }

  link({ change, value }: RouteChange<Link>): void {
    // Of a bridge's port they tell once more: that it left the bridge says nothing of the interface.
    if (value.family !== AF.UNSPEC) return;
    if (change === 'new') {
      const carries = IFF.UP | IFF.LOWER_UP;
      const up = (value.flags & carries) === carries;
      this.#links.set(value.index, { name: value.name ?? `if${value.index}`, up });
      return;
    }
    this.#links.delete(value.index);
    for (const [key, { interfaceIndex }] of this.#addresses) {
      if (interfaceIndex === value.index) this.#addresses.delete(key);
    }
  }

  address({ change, value }: RouteChange<InterfaceAddressEntry>): void {
    // Of a point-to-point link `address` is the other end's.
    const address = value.local ?? value.address;
    if (address === undefined) return;
    // The same address may be there with several prefixes.
    const key = `${value.interfaceIndex} ${address}/${value.prefixLength}`;
    const usable = (value.flags & UNUSABLE) === 0;
    if (change === 'new' && usable) {
      this.#addresses.set(key, { address, interfaceIndex: value.interfaceIndex });
    } else this.#addresses.delete(key);
  }

  list(): ReadonlyArray<LocalAddress> {
    const list: Array<LocalAddress> = [];
    for (const { address, interfaceIndex } of this.#addresses.values()) {
      const link = this.#links.get(interfaceIndex);
      if (link === undefined || isLoopback(address) || isLinkLocal(address)) continue;
      if (
        list.some((known) => known.address === address && known.interfaceIndex === interfaceIndex)
      )
        continue;
      list.push({ address, interfaceName: link.name, interfaceIndex, up: link.up });
    }
    return list.sort(
      (a, b) =>
        a.interfaceIndex - b.interfaceIndex ||
        Number(isIpv6(a.address)) - Number(isIpv6(b.address)),
    );
  }
}

const same = (a: ReadonlyArray<LocalAddress>, b: ReadonlyArray<LocalAddress>): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * Follows the addresses of the socket's namespace: calls back with all of them at once, before it is
 * open, and then whenever one comes, goes, or its interface goes up or down. Left out are loopback
 * and link-local ones, and those that are not usable yet or no longer. Needs no privilege. Gives
 * what ends it.
 */
export const watchAddresses =
  (
    socket: NetlinkSocket,
    onChange: (addresses: ReadonlyArray<LocalAddress>) => void,
  ): TE.TaskEither<NetlinkError, () => void> =>
  async () => {
    const interfaces = new Interfaces();
    const undo: Array<() => void> = [];
    const end = (): void => {
      for (const each of undo) each();
      undo.length = 0;
    };
    let told: ReadonlyArray<LocalAddress> | undefined;
    let waiting = false;
    const tell = (): void => {
      waiting = false;
      // Before the first reading there is but a part of them.
      if (undo.length === 0 || told === undefined) return;
      const list = interfaces.list();
      if (same(list, told)) return;
      told = list;
      onChange(list);
    };
    // Changes that come during a dump may be newer than what it shows: they are applied once more.
    let meanwhile: Array<() => void> = [];
    const dump = async (): Promise<E.Either<NetlinkError, void>> => {
      meanwhile = [];
      const links = await linkTable.dump(socket)();
      if (E.isLeft(links)) return links;
      const addresses = await addressTable.dump(socket)();
      if (E.isLeft(addresses)) return addresses;
      interfaces.clear();
      for (const value of links.right) interfaces.link({ change: 'new', value });
      for (const value of addresses.right) interfaces.address({ change: 'new', value });
      for (const apply of meanwhile) apply();
      return E.right(undefined);
    };
    // What is known: all; not all, as messages were lost; being read; that, and lost meanwhile.
    let known: 'all' | 'part' | 'reading' | 'stale' = 'part';
    const read = async (): Promise<E.Either<NetlinkError, void>> => {
      for (;;) {
        known = 'reading';
        const done = await dump();
        meanwhile = [];
        const again = (known as 'reading' | 'stale') === 'stale' && undo.length > 0;
        known = E.isRight(done) ? 'all' : 'part';
        if (!again || E.isLeft(done)) return done;
      }
    };
    const readAgain = (): void => {
      if (known === 'reading' || known === 'stale') known = 'stale';
      else void read().then(tell);
    };
    // A new interface comes in several messages of one datagram: one call for all of them.
    const take = (apply: () => void): void => {
      apply();
      if (known === 'part') readAgain();
      if (known !== 'all') meanwhile.push(apply);
      if (waiting) return;
      waiting = true;
      queueMicrotask(tell);
    };
    const followed = [
      linkTable.follow(socket, (change) => take(() => interfaces.link(change))),
      addressTable.follow(socket, (change) => take(() => interfaces.address(change))),
    ];
    for (const each of followed) if (E.isRight(each)) undo.push(each.right);
    for (const each of followed) {
      if (E.isRight(each)) continue;
      end();
      return each;
    }
    undo.push(socket.events.onTag('Overrun', readAgain));
    const first = await read();
    if (E.isLeft(first)) {
      end();
      return first;
    }
    told = interfaces.list();
    onChange(told);
    return E.right(end);
  };

/** Names of the interfaces by their index. */
export const listLinks = (
  socket: NetlinkSocket,
): TE.TaskEither<NetlinkError, ReadonlyMap<number, string>> =>
  TE.map((all: ReadonlyArray<Link>) => new Map(all.map(({ index, name }) => [index, name ?? ''])))(
    linkTable.dump(socket),
  );

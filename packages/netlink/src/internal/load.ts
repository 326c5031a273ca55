/** Finds and loads the native parts on first use, so that importing the package is safe everywhere. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromUnknown, type LiquidError, unsupported } from '@liquid/types';
import * as E from 'fp-ts/lib/Either.js';
import { type AddonModule, nativeOfAddon } from './addon.js';
import { nativeOfKoffi } from './koffi.js';
import type { Native } from './native.js';

/** This file, in both module formats. */
const here = (): string =>
  typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url);

/** How deep below the package's folder this code may stand once it is bundled. */
const DEEPEST = 4;

/** Where an addon of this platform may lie; musl's loader refuses glibc's file, and the other way round. */
const addonPaths = (): ReadonlyArray<string> => {
  const paths: Array<string> = [];
  let folder = dirname(here());
  for (let depth = 0; depth < DEEPEST; depth++) {
    for (const libc of ['glibc', 'musl']) {
      const path = join(folder, 'prebuilt', `linux-${process.arch}-${libc}`, 'netlink.node');
      if (existsSync(path)) paths.push(path);
    }
    folder = dirname(folder);
  }
  return paths;
};

const notLinux = (): LiquidError =>
  unsupported({
    what: 'netlink',
    expected: 'Linux',
    actual: process.platform,
    remedy: 'Run it on Linux; elsewhere only the codecs work.',
  });

const loadAddon = (): E.Either<LiquidError, Native> => {
  let cause: LiquidError | undefined;
  for (const path of addonPaths()) {
    try {
      const loaded: unknown = createRequire(here())(path);
      return E.right(nativeOfAddon(loaded as AddonModule));
    } catch (caught) {
      cause = fromUnknown('loading the addon')(caught);
    }
  }
  return E.left(
    unsupported({
      what: 'the netlink addon',
      expected: 'prebuilt for linux-x64 with glibc, or built here',
      actual: `linux-${process.arch}`,
      cause,
      remedy: 'Install koffi, or build the addon: npm run build:native in @liquid/netlink.',
    }),
  );
};

const loadKoffi = (): E.Either<LiquidError, Native> => {
  try {
    return E.right(nativeOfKoffi(createRequire(here())('koffi') as typeof import('koffi')));
  } catch (caught) {
    return E.left(
      unsupported({
        what: 'koffi',
        expected: 'the optional dependency koffi, for this platform',
        cause: fromUnknown('loading koffi')(caught),
        remedy: 'Install it: npm install koffi.',
      }),
    );
  }
};

const loaded = new Map<Native['name'], E.Either<LiquidError, Native>>();

/** The native part of this name; Left `Unsupported` with what would mend it. Loaded once. */
export const nativeNamed = (name: Native['name']): E.Either<LiquidError, Native> => {
  if (process.platform !== 'linux') return E.left(notLinux());
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const native = name === 'addon' ? loadAddon() : loadKoffi();
  // A failure is not kept: what was missing may be installed meanwhile.
  if (E.isRight(native)) loaded.set(name, native);
  return native;
};

const isName = (name: string): name is Native['name'] => name === 'addon' || name === 'koffi';

let fallbackSaid = false;

/**
 * The native part to use: what `LIQUID_NETLINK_TRANSPORT` names, else the addon, else koffi, which a
 * warning of the process says once.
 */
export const nativeAtHand = (): E.Either<LiquidError, Native> => {
  const wanted = process.env['LIQUID_NETLINK_TRANSPORT'] ?? '';
  if (wanted !== '') {
    if (isName(wanted)) return nativeNamed(wanted);
    return E.left(
      unsupported({
        what: 'LIQUID_NETLINK_TRANSPORT',
        expected: 'addon or koffi',
        actual: wanted,
        remedy: 'Set it to addon or koffi, or unset it.',
      }),
    );
  }
  const addon = nativeNamed('addon');
  if (E.isRight(addon) || process.platform !== 'linux') return addon;
  const koffi = nativeNamed('koffi');
  if (E.isLeft(koffi)) {
    return E.left(
      unsupported({
        what: 'netlink',
        expected: 'the addon or koffi',
        actual: `neither on linux-${process.arch}`,
        cause: addon.left,
        remedy: 'Install koffi (npm install koffi), or build the addon with a C compiler.',
      }),
    );
  }
  if (!fallbackSaid) {
    fallbackSaid = true;
    process.emitWarning(`${addon.left.message}; koffi serves, a little slower`, {
      code: 'LIQUID_NETLINK_KOFFI',
    });
  }
  return koffi;
};

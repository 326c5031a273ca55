/** Trees as text: one line a part, indented, octet and bit in front. */
import type { RohcNode, RohcPacketTree } from './tree.js';

const hex = (profile: number): string => `0x${profile.toString(16).padStart(4, '0')}`;

const place = ({ bitOffset, bitLength }: RohcNode): string => {
  const bit = bitOffset & 7;
  const at = `${bitOffset >>> 3}${bit === 0 ? '' : `.${bit}`}`;
  const size = bitLength % 8 === 0 ? `${bitLength / 8} B` : `${bitLength} b`;
  return `${at.padStart(6)} ${size.padStart(7)}`;
};

const lineOf = (node: RohcNode, depth: number): string => {
  const { name, raw, value, meaning, section } = node;
  const bits = raw === undefined ? '' : ` ${raw}`;
  const said = value === undefined ? '' : ` = ${value}`;
  const about = meaning === undefined ? '' : `  ${meaning}`;
  const where = section === undefined || node.children === undefined ? '' : `  [${section}]`;
  return `${place(node)}  ${'  '.repeat(depth)}${name}${bits}${said}${about}${where}`;
};

const linesOf = (nodes: readonly RohcNode[], depth: number): readonly string[] =>
  nodes.flatMap((node) => [lineOf(node, depth), ...linesOf(node.children ?? [], depth + 1)]);

/**
 * A tree as lines of text without a final line break: what the packet is, then one line a part with its octet (and
 * bit), its length in octets (`B`) or bits (`b`), name, bits, value and meaning.
 *
 * @example
 * ```ts
 * import { dissect, renderTree } from '@liquid/rohc'
 * import * as E from 'fp-ts/lib/Either.js'
 *
 * const tree = dissect(Uint8Array.of(0xe0, 0xf1, 0x2a))
 * if (E.isRight(tree)) console.log(renderTree(tree.right).split('\n')[1])
 * //      0     1 B  padding 0xe0
 * ```
 * @since 0.1.0
 */
export const renderTree = (tree: RohcPacketTree): string => {
  const { length, cid, profile, format, problem, outcome, resolved } = tree;
  const values = Object.entries(resolved).map(([field, value]) => `${field} ${value}`);
  const title = [
    `${length} octets`,
    ...(cid < 0 ? [] : [`CID ${cid}`]),
    ...(profile < 0 ? [] : [`profile ${hex(profile)}`]),
    ...(format === '' ? [] : [format]),
  ].join(', ');
  return [
    title,
    ...linesOf(tree.nodes, 0),
    ...(values.length === 0 ? [] : [`values: ${values.join(', ')}`]),
    ...(problem === undefined ? [] : [`problem: ${problem.message}`]),
    ...(outcome === undefined
      ? []
      : outcome.error === undefined
        ? [`delivered: ${outcome.delivered} octets`]
        : [`not delivered: ${outcome.error.message}`]),
  ].join('\n');
};

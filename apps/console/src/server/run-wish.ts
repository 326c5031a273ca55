/** A wish for a run, checked: the scenario, its input with uploads in place of their names, the seed. */

import { randomBytes } from 'node:crypto';
import { decodeError, listDecodeErrors, nearestNames, notFound } from '@liquid/types';
import type { Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { RunRequest, Upload } from '../api.js';
import { type Refused, refused } from './refusal.js';

/** What a run is started with. */
export interface RunWish {
  readonly scenario: Scenario;
  /** As the scenario's codec decodes it; files are names in the run's folder. */
  readonly input: Readonly<Record<string, unknown>>;
  /** In its JSON form; files are those of uploads. */
  readonly shown: Readonly<Record<string, unknown>>;
  readonly seed: string;
  /** The uploads by the names that they have in the run's folder. */
  readonly files: ReadonlyMap<string, Upload>;
}

/** Any whole number of 64 bits, nearly. */
const SEED = /^\d{1,19}$/;

const findScenario = (
  scenarios: ReadonlyArray<Scenario>,
  id: string,
): E.Either<Refused, Scenario> => {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (found !== undefined) return E.right(found);
  const near = nearestNames(
    id.slice(0, 100),
    scenarios.map((scenario) => scenario.id),
  );
  const remedy = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'see the list';
  return E.left(refused(404, notFound({ what: 'scenario', path: id.slice(0, 100), remedy })));
};

/** A name in the run's folder that no other upload has. */
const nameFor = (upload: Upload, files: ReadonlyMap<string, Upload>): string => {
  const taken = (name: string): boolean => {
    const other = files.get(name);
    return other !== undefined && other.file !== upload.file;
  };
  let name = upload.name;
  for (let i = 2; taken(name); i++) name = `${i}-${upload.name}`;
  return name;
};

const wrongInputs = (complaints: ReadonlyMap<string, string>): Refused => {
  const [name = 'input', first = ''] = [...complaints][0] ?? [];
  const error = decodeError({
    message: first,
    path: name,
    expected: 'a valid input',
    actualText: '',
  });
  return refused(422, error, Object.fromEntries(complaints));
};

/** Checks a wish; all complaints come back, by input. */
export const readWish = (
  scenarios: ReadonlyArray<Scenario>,
  findUpload: (file: string) => Upload | undefined,
  request: RunRequest,
): E.Either<Refused, RunWish> => {
  const found = findScenario(scenarios, request.scenario);
  if (E.isLeft(found)) return found;
  const scenario = found.right;
  if (request.seed !== undefined && !SEED.test(request.seed)) {
    const expected = 'a whole number of at most 19 digits';
    const error = decodeError({ what: 'seed', expected, actual: request.seed });
    return E.left(refused(422, error, { seed: error.message }));
  }
  // No object: names come from outside, and `constructor` is one.
  const complaints = new Map<string, string>();
  const given: Record<string, unknown> = { ...request.input };
  const shownFiles: Record<string, unknown> = {};
  const files = new Map<string, Upload>();
  for (const [name, field] of Object.entries(scenario.fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (field.kind !== 'file' || value === undefined || value === null || value === '') continue;
    // Never a path: only what was sent can be named.
    const upload = typeof value === 'string' ? findUpload(value) : undefined;
    if (upload === undefined) {
      complaints.set(name, `${field.title}: the file is not here (any more); send it again`);
      given[name] = null;
      continue;
    }
    const placed = nameFor(upload, files);
    files.set(placed, upload);
    given[name] = placed;
    shownFiles[name] = upload.file;
  }
  const input = scenario.input.decode(given);
  if (E.isLeft(input)) {
    for (const error of listDecodeErrors('input')(input.left)) {
      const name = String(error.path ?? 'input').slice(0, 100);
      if (!complaints.has(name)) complaints.set(name, error.message);
    }
  }
  if (E.isLeft(input) || complaints.size > 0) {
    return E.left(wrongInputs(complaints));
  }
  const seed = request.seed ?? String(randomBytes(4).readUInt32BE());
  const shown = { ...scenario.input.encode(input.right), ...shownFiles };
  return E.right({ scenario, input: input.right, shown, seed: BigInt(seed).toString(), files });
};

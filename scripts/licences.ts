/** `pnpm licences`: the licence of everything that comes along when one of our packages is installed. */
import { licencesOf } from './gates/published.ts';

for (const { name, version, license, from } of licencesOf(process.cwd())) {
  process.stdout.write(`${from}\t${name} ${version}\t${license}\n`);
}

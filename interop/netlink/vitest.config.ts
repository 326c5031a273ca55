export { default } from '../../scripts/config/vitest-interop.ts';

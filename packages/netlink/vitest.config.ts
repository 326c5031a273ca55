export { default } from '../../scripts/config/vitest.ts';

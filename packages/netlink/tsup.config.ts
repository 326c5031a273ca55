export { default } from '../../scripts/config/tsup.ts';

/** What the compiler is told about single-file components: Vite compiles them. */
declare module '*.vue' {
  import type { Theme } from 'vitepress';

  const component: NonNullable<Theme['Layout']>;
  export default component;
}

declare module '*.css';
declare module '@liquid/console/look.css';

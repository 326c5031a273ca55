/** The documentation site; it is built without a network. */
import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'Liquid Net',
  description: 'Every resource of a network spent where it gains most.',
  cleanUrls: true,
  srcExclude: ['README.md'],
});

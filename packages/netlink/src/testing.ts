/** Suites and a scripted kernel for tests. */
export {};

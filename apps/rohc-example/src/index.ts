/** Scenarios of `@liquid/rohc`. */
export {};

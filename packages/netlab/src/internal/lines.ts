/** Lines out of a stream of text, as they come. */

export interface LineSplitter {
  readonly push: (text: string) => void;
  /** The last line may lack its end. */
  readonly end: () => void;
}

/** Calls back for each line, without its end; a line longer than `maxLength` comes in pieces. */
export const createLineSplitter = (
  maxLength: number,
  onLine: (line: string) => void,
): LineSplitter => {
  let rest = '';
  return {
    push: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
      while (rest.length > maxLength) {
        onLine(rest.slice(0, maxLength));
        rest = rest.slice(maxLength);
      }
    },
    end: () => {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
};

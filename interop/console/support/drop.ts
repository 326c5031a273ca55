/** Drops a file on a page as a hand does: entering, over, dropped. */
import type { Page } from 'playwright-core';

/** Drops `octets` under `name` on what `selector` finds. */
export const drop = async (
  page: Page,
  selector: string,
  name: string,
  octets: Uint8Array,
): Promise<void> => {
  const transfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const data = new DataTransfer();
      const file = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([file], name));
      return data;
    },
    { name, base64: Buffer.from(octets).toString('base64') },
  );
  for (const event of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent(selector, event, { dataTransfer: transfer });
  }
  await transfer.dispose();
};

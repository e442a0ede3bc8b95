import assert from 'node:assert/strict';
import { progressPrinter } from '../../tools/temporal-server/progress.js';

describe('the progress of a long step', () => {
  it('is one line per message in a log', () => {
    const written = collect(false);

    const onProgress = progressPrinter(written);
    onProgress('Building …');
    onProgress('Built in 200 s.');

    assert.equal(written.text, 'Building …\nBuilt in 200 s.\n');
  });

  it('counts seconds in place on a terminal, and keeps the last message', () => {
    const written = collect(true);

    const onProgress = progressPrinter(written);
    onProgress('Building …');
    onProgress('Built in 200 s.');

    assert.equal(written.text, '\r\u001b[2KBuilding … 0 s\r\u001b[2KBuilt in 200 s.\n');
  });
});

function collect(isTTY: boolean) {
  return {
    isTTY,
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

// What a page writes for a number is that number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { short } from '../../host/src/web/assets/format.js';

test('round thousands keep their zeros', () => {
  for (const [n, text] of [[999, '999'], [1000, '1k'], [1500, '1.5k'], [100000, '100k'], [209862, '210k'], [2000000, '2M'], [1790000, '1.79M']]) assert.equal(short(n), text);
});

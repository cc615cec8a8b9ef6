// Which words of two texts differ: a longest common subsequence of words, by bits.
const PIECE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}_']+|\s+|[^\p{L}\p{M}\p{N}_\s]/gu;
const LONGEST_PIECE = 200; // a longer run without a break is cut, so that one word cannot be a text

function pieces(text) {
  const found = [];
  for (const piece of text.match(PIECE) || []) {
    for (let from = 0; from < piece.length; from += LONGEST_PIECE) found.push(piece.slice(from, from + LONGEST_PIECE));
  }
  return found;
}

// For the pieces of both texts: which of them are common. Hyyro's bit-parallel recurrence keeps one
// row of bits for each piece of the right text (0: the subsequence grows there); the rows are then
// walked back. 4,000 by 4,000 pieces take 2 MB and some milliseconds.
function commonPieces(left, right) {
  const words = Math.ceil(left.length / 32) || 1;
  const places = new Map();
  left.forEach((piece, index) => {
    if (!places.has(piece)) places.set(piece, new Uint32Array(words));
    places.get(piece)[index >> 5] |= 1 << (index & 31);
  });
  const rows = new Uint32Array(words * right.length);
  let before = new Uint32Array(words).fill(0xffffffff);
  right.forEach((piece, row) => {
    const after = rows.subarray(row * words, (row + 1) * words);
    const match = places.get(piece);
    if (!match) after.set(before);
    else growRow(before, match, after);
    before = after;
  });
  return walkBack(rows, words, left.length, right.length);
}

function growRow(before, match, after) {
  let carry = 0;
  for (let index = 0; index < before.length; index++) {
    const both = before[index] & match[index];
    const total = (before[index] >>> 0) + (both >>> 0) + carry;
    carry = total > 0xffffffff ? 1 : 0;
    after[index] = (total >>> 0) | (before[index] & ~match[index]);
  }
}

function walkBack(rows, words, lefts, rights) {
  const common = { left: new Uint8Array(lefts), right: new Uint8Array(rights) };
  const isSet = (row, column) => row >= 0 && (rows[row * words + (column >> 5)] >>> (column & 31)) & 1;
  let row = rights - 1;
  let column = lefts - 1;
  while (row >= 0 && column >= 0) {
    if (isSet(row, column)) column--;
    else if (row > 0 && !isSet(row - 1, column)) row--;
    else {
      common.left[column--] = 1;
      common.right[row--] = 1;
    }
  }
  return common;
}

// A text as runs, common or not. A single short word between differing ones is not a thing in
// common but an accident: the run goes on over it.
function runs(parts, common) {
  const made = [];
  parts.forEach((piece, index) => {
    const last = made[made.length - 1];
    if (last && last.isCommon === Boolean(common[index])) {
      last.text += piece;
      last.pieces += 1;
    } else made.push({ text: piece, isCommon: Boolean(common[index]), pieces: 1 });
  });
  const joined = [];
  made.forEach((run, index) => {
    const isAccident = run.isCommon && index > 0 && index < made.length - 1 && run.text.trim().length < 4;
    const isCommon = run.isCommon && !isAccident;
    const last = joined[joined.length - 1];
    if (last && last.isCommon === isCommon) last.text += run.text;
    else joined.push({ text: run.text, isCommon });
  });
  return joined;
}

// Two texts as runs, and whether they have less than half of the shorter one's words in common:
// {left, right, isUnlike}. Spaces are no words: any two texts share them.
function wordsApart(leftText, rightText) {
  const left = pieces(leftText);
  const right = pieces(rightText);
  const common = commonPieces(left, right);
  const words = (parts) => parts.filter((piece) => piece.trim()).length;
  const shared = left.filter((piece, at) => common.left[at] && piece.trim()).length;
  return { left: runs(left, common.left), right: runs(right, common.right), isUnlike: shared < 0.5 * Math.min(words(left), words(right)) };
}

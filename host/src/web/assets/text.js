// Makes hostile text harmless to look at: terminal sequences and control characters go, characters
// that turn the direction of writing are shown by their number. Never makes HTML.
const ANSI = /\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)|\u001b[PX^_][^\u001b\n]*\u001b\\|[\u001b\u009b][[\]()#;?]*[0-9;:?<=>]*[ -/]*[@-~]?/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const TURNING = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]/;

/** The text as it may be shown. Line breaks and tabs stay. */
export function plain(value) {
  const text = String(value);
  if (!ODD.test(text)) return text;
  const said = text.replace(ANSI, '').replace(CONTROL, '');
  return (said.toWellFormed?.() ?? said).replace(TURNING, (it) => `⟨U+${it.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** At most `most` characters, with a mark where the rest was. */
export const brief = (value, most) => {
  const text = plain(value ?? '');
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
};

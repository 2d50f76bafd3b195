// Everything a page is written with, under one name. Never holds anything of its own.
export * from './api.js';
export * from './dialog.js';
export * from './dom.js';
export * from './format.js';
export * from './lists.js';
export * from './parts.js';
export * from './shape.js';
export * from './text.js';

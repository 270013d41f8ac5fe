// A name for an element that others refer to. Preact's own counts anew in every view, and a page has many.

import { useState } from "preact/hooks";

/** The same name for as long as the component lives, and no other component's. */
export function useName(): string {
  return useState(() => `p${Math.random().toString(36).slice(2)}`)[0];
}

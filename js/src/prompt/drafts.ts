// What was written and not yet sent, kept in the page's own storage, so that loading the page again loses no word.

const PREFIX = "pochade:draft:";

type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function keepDraft(session: string, draft: string, storage: Kept = sessionStorage): void {
  try {
    if (draft === "") storage.removeItem(PREFIX + session);
    else storage.setItem(PREFIX + session, draft);
  } catch {
    // a page may have no storage, or a full one: the draft is then kept as long as the page is
  }
}

export function keptDraft(session: string, storage: Kept = sessionStorage): string {
  try {
    return storage.getItem(PREFIX + session) ?? "";
  } catch {
    return "";
  }
}

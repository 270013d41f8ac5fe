// Files that come to a Studio by being dropped anywhere on it or pasted anywhere in it.

import { useEffect, useRef } from "preact/hooks";

/** Takes files for the Studio around an element; while some are held above it, it says so across the whole of it. */
export function useIntake(
  inside: { current: HTMLElement | null },
  { able, label, take }: { able: boolean; label: string; take(files: File[]): void },
): void {
  const latest = useRef({ able, label, take });
  latest.current = { able, label, take };

  useEffect(() => {
    const root = inside.current?.closest<HTMLElement>(".pochade");
    if (!root) return;
    const own = new AbortController();
    const { signal } = own;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const show = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault(); // without it the browser would open the file instead
      event.stopPropagation();
      const { able, label } = latest.current;
      if (event.dataTransfer) event.dataTransfer.dropEffect = able ? "copy" : "none";
      if (able) root.dataset.drop = label;
    };
    const hide = () => {
      delete root.dataset.drop;
    };
    root.addEventListener("dragenter", show, { signal });
    root.addEventListener("dragover", show, { signal });
    root.addEventListener(
      "dragleave",
      (event) => {
        if (!root.contains(event.relatedTarget as Node | null)) hide();
      },
      { signal },
    );
    root.addEventListener(
      "drop",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        hide();
        if (latest.current.able) latest.current.take([...(event.dataTransfer?.files ?? [])]);
      },
      { signal },
    );
    root.addEventListener(
      "paste",
      (event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        // A table copied from a spreadsheet brings a picture of itself along: then the words are meant.
        const words = event.clipboardData?.types.includes("text/plain") === true;
        if (!latest.current.able || files.length === 0 || words) return;
        event.preventDefault();
        event.stopPropagation();
        latest.current.take(files.map(unnamed));
      },
      { signal },
    );
    return () => {
      own.abort();
      hide();
    };
  }, []);
}

/** A browser calls whatever is pasted "image.png"; no name says more. */
function unnamed(file: File): File {
  return file.name === "image.png" ? new File([file], "", { type: file.type }) : file;
}

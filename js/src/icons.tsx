// The few pictograms of the tools, drawn on a 20-pixel grid in the colour of the text around them.

const PATHS = {
  brush:
    "M13.2 3.1a1.9 1.9 0 0 1 3.5 1.4c-1 2.3-3.5 5.2-6 7L8.4 9.4c1.4-2.3 3.1-4.8 4.8-6.3ZM7.3 10.7l2.2 2.1c.3 2.5-1.9 4.3-6.5 4.1 1.5-.9 1.5-2 1.7-3.2.2-1.7 1.2-2.7 2.6-3Z",
  eraser:
    "M11.7 3.7 3.3 12.1a1.2 1.2 0 0 0 0 1.7l2.7 2.7h3.6l7-7a1.2 1.2 0 0 0 0-1.7l-3.2-4.1a1.2 1.2 0 0 0-1.7 0ZM7.3 8.1l5 5M8.5 16.5H17",
  undo: "M7.5 4 3.8 7.7l3.7 3.7M4.2 7.7h7.5a4.3 4.3 0 0 1 0 8.6H8",
  redo: "M12.5 4l3.7 3.7-3.7 3.7M15.8 7.7H8.3a4.3 4.3 0 0 0 0 8.6H12",
  clear: "M4 5.8h12M8 5.5V3.8h4v1.7M5.5 6l.7 10.2h7.6L14.5 6M8.5 8.8v4.7M11.5 8.8v4.7",
  plus: "M10 4.2v11.6M4.2 10h11.6",
  copy: "M7.5 7.5h8.3v8.3H7.5ZM12.5 7.2V4.2H4.2v8.3h3",
  left: "M12 4.5 6.5 10l5.5 5.5",
  right: "M8 4.5l5.5 5.5L8 15.5",
  close: "M5 5l10 10M15 5 5 15",
  check: "M4 10.5l4 4 8-9",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="pochade-icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

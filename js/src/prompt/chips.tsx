// The pictures that go with a prompt, each with the number by which the prompt means it.

import { useEffect, useRef } from "preact/hooks";
import { useUrl } from "../history/useurl";
import { Icon } from "../icons";
import type { Attachment, Source } from "../state/prompt";
import { Menu, type MenuItem } from "../ui/popover";
import { useName } from "../ui/usename";
import type { Words } from "../words";
import "./attachments.css";

const DRAGGED = "application/x-pochade-chip";

interface Props {
  words: Words;
  attachments: readonly Attachment[];
  /** The attached picture that is changed: image 1. */
  source: Source | null;
  /** The number of the first attachment. */
  first: number;
  /** Whether a picture can be changed; without it none can be made the one that is. */
  onEdit?: ((key: number) => void) | undefined;
  /** Without it there is no room among the references for the one that is changed. */
  onRefer?: (() => void) | undefined;
  onMove(key: number, by: number): void;
  onRemove(key: number): void;
  onRetry(key: number): void;
}

export function Chips(props: Props) {
  const { words, attachments, source, first, onMove, onRemove } = props;
  const name = useName();
  const row = useRef<HTMLUListElement>(null);
  const moved = useRef<number | null>(null);
  const order = attachments.map(({ key }) => key).join();

  useEffect(() => {
    if (moved.current === null) return;
    const chip = row.current?.querySelector<HTMLElement>(`[data-key="${moved.current}"] > button`);
    moved.current = null;
    chip?.focus(); // a chip that changed its place has lost the focus
  }, [order]);

  if (attachments.length === 0 && source === null) return null;

  const keys = (at: number) => (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("[popover]")) return; // the menu's own keys
    const by = event.altKey ? { ArrowLeft: -1, ArrowRight: 1 }[event.key] : undefined;
    const one = attachments[at];
    if (by !== undefined && one) {
      moved.current = one.key;
      onMove(one.key, by);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      moved.current = (attachments[at + 1] ?? attachments[at - 1])?.key ?? null;
      if (one) onRemove(one.key);
      else if (source) onRemove(source.key);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <>
      <ul ref={row} class="pochade-chips" aria-label={words.attached} aria-describedby={name}>
        {source ? (
          <li data-key={source.key} onKeyDown={keys(-1)}>
            <Chip
              label={`${words.chip(1, source.name || words.pasted)}, ${words.chipEdited}`}
              number={1}
              thumb={source.thumb}
              edited
              items={[
                ...(props.onRefer ? [{ label: words.useAsReference, onSelect: props.onRefer }] : []),
                { label: words.remove, onSelect: () => onRemove(source.key), hint: "Del" },
              ]}
            />
          </li>
        ) : null}
        {attachments.map((one, at) => (
          <li
            key={one.key}
            data-key={one.key}
            draggable
            onKeyDown={keys(at)}
            onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, String(one.key))}
            onDragOver={(event) => {
              if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
            }}
            onDrop={(event) => {
              const key = Number(event.dataTransfer?.getData(DRAGGED));
              const from = attachments.findIndex((other) => other.key === key);
              if (from < 0) return;
              event.preventDefault();
              event.stopPropagation();
              onMove(key, at - from);
            }}
          >
            <Chip
              label={chipLabel(words, one, first + at)}
              number={first + at}
              thumb={one.thumb}
              progress={one.state === "sending" ? one.progress : undefined}
              failed={one.state === "failed"}
              items={itemsFor(props, one, at)}
            />
          </li>
        ))}
      </ul>
      <span id={name} hidden>
        {words.chipKeys}
      </span>
    </>
  );
}

function chipLabel(words: Words, one: Attachment, number: number): string {
  const name = words.chip(number, one.name || words.pasted);
  if (one.state === "sending") return `${name}, ${words.chipSending(one.progress)}`;
  return one.state === "failed" ? `${name}, ${words.chipFailed(one.trouble ?? "")}` : name;
}

function itemsFor(props: Props, one: Attachment, at: number): MenuItem[] {
  const { words, attachments, onEdit, onMove, onRemove, onRetry } = props;
  const items: (MenuItem | null)[] = [
    one.state === "failed" ? { label: words.tryAgain, onSelect: () => onRetry(one.key) } : null,
    one.state === "ready" && onEdit ? { label: words.editThis, onSelect: () => onEdit(one.key) } : null,
    at > 0 ? { label: words.moveLeft, onSelect: () => onMove(one.key, -1), hint: "Alt+←" } : null,
    at < attachments.length - 1 ? { label: words.moveRight, onSelect: () => onMove(one.key, 1), hint: "Alt+→" } : null,
    { label: words.remove, onSelect: () => onRemove(one.key), hint: "Del" },
  ];
  return items.filter((item) => item !== null);
}

interface ChipProps {
  label: string;
  number: number;
  thumb: Blob | null;
  progress?: number | undefined;
  failed?: boolean;
  edited?: boolean;
  items: readonly MenuItem[];
}

function Chip({ label, number, thumb, progress, failed = false, edited = false, items }: ChipProps) {
  const url = useUrl(thumb);
  const face = (
    <>
      {url ? <img src={url} alt="" draggable={false} /> : <Icon name="image" />}
      <span class="pochade-chip-number" aria-hidden="true">
        {failed ? "!" : number}
      </span>
      {progress === undefined ? null : <i style={{ width: `${Math.round(100 * progress)}%` }} aria-hidden="true" />}
    </>
  );
  const look = `pochade-chip${failed ? " pochade-chip-failed" : ""}${edited ? " pochade-chip-edited" : ""}`;
  return <Menu label={label} face={face} buttonClass={look} items={items} />;
}

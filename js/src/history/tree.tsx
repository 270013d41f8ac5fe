// The turns as the tree that they are: generations from left to right, what grew from what joined by a line, the way to
// the current turn bright. Arrow keys follow the branches. Only what is in sight is in the page.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../icons";
import { Menu } from "../ui/popover";
import { useName } from "../ui/usename";
import { Kin, pathTo, stepTo } from "./kin";
import { EDGE, edges, inside, layOut, NODE } from "./layout";
import { Node } from "./node";
import { useRoving } from "./roving";
import { useSeen } from "./seen";
import { act, type TurnsProps } from "./turns";
import "./history.css";

export function TurnTree(props: TurnsProps) {
  const { words, turns, current, thumbs, left = 0 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const handle = useRef<HTMLDivElement>(null);
  const { box, width } = useSeen(frame);
  const kin = useMemo(() => new Kin(turns), [turns]);
  const layout = useMemo(() => layOut(kin, Math.max(NODE, width)), [kin, width]);
  const path = useMemo(() => pathTo(kin, current), [kin, current]);
  const { held, hold, move, leave } = useRoving(frame, turns, current, (turn) => layout.at.get(turn), width);
  const help = useName();
  const [under, point] = useState<string | null>(null);
  const shown = layout.places.filter((place) => inside(place, box) || place.twig.turn === held);
  const lacking = shown.filter(({ twig }) => !thumbs[twig.turn]).map(({ twig }) => twig.turn);
  useEffect(() => props.onWant(lacking), [lacking.join()]);
  const lines = useMemo(() => edges(kin, layout, box), [kin, layout, box]);
  const draw = (bright: boolean) =>
    lines
      .filter(({ turn }) => path.has(turn) === bright)
      .map(({ d }) => d)
      .join("");

  const key = (event: KeyboardEvent) => {
    const from = kin.twig(held);
    if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = stepTo(kin, from, event.key, path);
    if (next) move(next.turn);
    else if (next === undefined && !act(props, from.turn, event)) return;
    if (event.key === "Delete") leave(from.turn);
    event.preventDefault();
  };
  const chosen = layout.at.get(under ?? "") ?? layout.at.get(held ?? "");
  const turnAt = (event: Event) =>
    (event.target as HTMLElement).closest<HTMLElement>("[data-turn]")?.dataset.turn ?? under;
  const menuOpen = () => handle.current?.querySelector(":popover-open");

  return (
    <div ref={frame} class="pochade-tree">
      {left > 0 && props.onEarlier ? (
        <button type="button" class="pochade-quiet pochade-tree-earlier" onClick={props.onEarlier}>
          <Icon name="left" />
          {words.earlierOf(left)}
        </button>
      ) : null}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a pointer only moves the menu, which Tab reaches too */}
      <div
        class="pochade-ground"
        style={{ width: `${layout.width}px`, height: `${layout.height}px` }}
        onPointerOver={(event) => menuOpen() || point(turnAt(event))}
        onPointerLeave={() => menuOpen() || point(null)}
        onContextMenu={(event) => {
          const turn = turnAt(event);
          if (!turn || !props.menu) return;
          event.preventDefault(); // the notebook has a menu of its own
          event.stopPropagation();
          point(turn);
          setTimeout(() => handle.current?.querySelector("button")?.click());
        }}
      >
        <svg
          class="pochade-edges"
          aria-hidden="true"
          style={{ left: `${box.left}px`, top: `${box.top}px` }}
          width={box.right - box.left}
          height={box.bottom - box.top}
          viewBox={`${box.left} ${box.top} ${box.right - box.left} ${box.bottom - box.top}`}
        >
          <path d={draw(false)} />
          <path class="pochade-bright" d={draw(true)} />
        </svg>
        <div role="tree" aria-label={words.turns} aria-describedby={help}>
          {shown.map(({ twig, level, x, y }) => {
            const siblings = kin.siblings(twig);
            return (
              <Node
                key={twig.turn}
                words={words}
                twig={twig}
                blob={thumbs[twig.turn] ?? null}
                level={level}
                place={siblings.indexOf(twig) + 1}
                of={siblings.length}
                selected={twig.turn === current}
                reachable={twig.turn === held}
                dim={current !== null && !path.has(twig.turn)}
                x={x}
                y={y}
                onFocus={() => hold(twig.turn)}
                onPick={({ shiftKey }) => (shiftKey && props.onMark ? props.onMark : props.onPick)(twig.turn)}
                onKey={key}
              />
            );
          })}
        </div>
        <span id={help} class="pochade-unseen">
          {words.treeHelp} {words.turnsHelp}
        </span>
        {chosen && props.menu ? (
          <div
            ref={handle}
            class="pochade-handle"
            style={{ transform: `translate(${chosen.x + NODE - EDGE}px, ${chosen.y - EDGE / 2}px)` }}
          >
            <Menu
              label={words.actionsOf(chosen.twig.number)}
              face={<Icon name="more" />}
              items={props.menu(chosen.twig)}
            />
          </div>
        ) : null}
      </div>
    </div>
  );
}

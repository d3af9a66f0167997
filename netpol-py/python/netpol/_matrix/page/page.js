"use strict";
// Draws the part of the matrix that is in sight, and explains the cell that is asked for. Nothing that
// the data say ever becomes markup: it is text, wherever it is put.
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer();
  };
  const layers = [];
  for (const layer of data.layers) {
    layers.push({ name: layer.name, cells: new Uint8Array(await unpack(layer.cells)) });
  }
  const sections = [];
  for (const section of data.sections) {
    const numbers = section.width === 2 ? Int16Array : Int32Array;
    sections.push({ ...section, bodies: new numbers(await unpack(section.bodies)) });
  }

  const grid = find("matrix"), canvas = find("canvas"), aside = find("explanation");
  const width = data.columns.length;
  const CELL = 26, BESIDE = 8;
  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const haystack = (end) => [end.name, end.kind, ...(end.endpoints || [])].join(" ").toLowerCase();
  const haystacks = { rows: data.rows.map(haystack), columns: data.columns.map(haystack) };

  let layer = 0, focus = null;            // Which port is shown, and which state alone.
  let rows = [], columns = [];            // The numbers of what is shown, in order.
  let active = { row: 0, column: 0 };     // The place of the keyboard, among what is shown.
  let chosen = null;                      // The cell that is explained, by its numbers.
  let hover = null;

  const state = (row, column) => data.states[layers[layer].cells[row * width + column]];
  const name = (end) => end.name + (end.count > 1 ? ` ×${end.count}` : "");

  // ---- What is shown -------------------------------------------------------------------------------

  const matching = (stacks, text) => {
    const wanted = words(text);
    const found = [];
    stacks.forEach((stack, number) => {
      if (wanted.every((word) => stack.includes(word))) found.push(number);
    });
    return found;
  };

  const filter = () => {
    rows = matching(haystacks.rows, find("search-rows").value);
    columns = matching(haystacks.columns, find("search-columns").value);
    if (focus !== null) {
      const cells = layers[layer].cells;
      const used = new Set();
      rows = rows.filter((row) => {
        let any = false;
        for (const column of columns) {
          if (cells[row * width + column] === focus) {
            any = true;
            used.add(column);
          }
        }
        return any;
      });
      columns = columns.filter((column) => used.has(column));
    }
    active.row = Math.max(0, Math.min(active.row, rows.length - 1));
    active.column = Math.max(0, Math.min(active.column, columns.length - 1));
    const all = rows.length === data.rows.length && columns.length === data.columns.length;
    const size = (shown, of) => (shown === of ? `${of}` : `${shown} of ${of}`);
    find("shown").textContent =
      (all ? "" : "showing ") +
      `${size(rows.length, data.rows.length)} sources, ${size(columns.length, data.columns.length)} destinations`;
    grid.setAttribute("aria-rowcount", rows.length + 1);
    grid.setAttribute("aria-colcount", columns.length + 1);
    hover = null;
    draw();
  };

  // ---- Drawing -------------------------------------------------------------------------------------

  // As much room for names as they need, and no more than the window can give.
  const pen = make("canvas").getContext("2d");
  const longest = (ends) => ends.reduce((most, end) => Math.max(most, pen.measureText(name(end)).width), 0);
  pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  const room = { rows: longest(data.rows), columns: longest(data.columns) };
  let side = 0, head = 0;
  const measure = () => {
    side = Math.ceil(Math.max(110, Math.min(room.rows + 36, innerWidth * 0.32, 380)));
    head = Math.ceil(Math.max(90, Math.min(room.columns + 30, innerHeight * 0.3, 300)));
    document.documentElement.style.setProperty("--side", `${side}px`);
    document.documentElement.style.setProperty("--head", `${head}px`);
  };

  const label = (end, className) => {
    const made = make("div", className);
    const slash = end.namespace && end.name.startsWith(end.namespace + "/") ? end.namespace.length + 1 : 0;
    if (slash) made.append(make("i", "", end.name.slice(0, slash)));
    made.append(end.name.slice(slash));
    if (end.count > 1) made.append(make("b", "", ` ×${end.count}`));
    made.title = end.note ? `${name(end)}\n${end.note}` : name(end);
    return made;
  };

  const begins = (ends, shown, place) =>
    place > 0 && ends[shown[place]].namespace !== ends[shown[place - 1]].namespace;

  const draw = () => {
    measure();
    canvas.style.width = `${side + columns.length * CELL + 40}px`;
    canvas.style.height = `${head + rows.length * CELL + 40}px`;
    const top = Math.max(0, Math.floor(grid.scrollTop / CELL) - BESIDE);
    const bottom = Math.min(rows.length, Math.ceil((grid.scrollTop + grid.clientHeight) / CELL) + BESIDE);
    const left = Math.max(0, Math.floor(grid.scrollLeft / CELL) - BESIDE);
    const right = Math.min(columns.length, Math.ceil((grid.scrollLeft + grid.clientWidth) / CELL) + BESIDE);
    const made = document.createDocumentFragment();

    const header = make("div", "head");
    header.setAttribute("role", "row");
    header.setAttribute("aria-rowindex", 1);
    const corner = make("div", "corner");
    corner.append(make("span", "", "destinations →"), make("span", "", "sources ↓"));
    corner.setAttribute("role", "columnheader");
    corner.setAttribute("aria-colindex", 1);
    header.append(corner);
    for (let place = left; place < right; place++) {
      const made = label(data.columns[columns[place]], "name columnname");
      made.setAttribute("role", "columnheader");
      made.setAttribute("aria-colindex", place + 2);
      made.style.left = `${side + place * CELL}px`;
      made.dataset.column = place;
      if (begins(data.columns, columns, place)) made.classList.add("begins");
      header.append(made);
    }
    made.append(header);

    for (let at = top; at < bottom; at++) {
      const line = make("div", "row");
      line.setAttribute("role", "row");
      line.setAttribute("aria-rowindex", at + 2);
      line.style.top = `${head + at * CELL}px`;
      line.style.width = canvas.style.width;
      if (begins(data.rows, rows, at)) line.classList.add("first");
      const source = data.rows[rows[at]];
      const rowName = label(source, "name rowname");
      rowName.setAttribute("role", "rowheader");
      rowName.setAttribute("aria-colindex", 1);
      rowName.dataset.row = at;
      line.append(rowName);
      for (let place = left; place < right; place++) {
        const is = state(rows[at], columns[place]);
        const cell = make("div", `cell ${is.style}`, is.sign);
        cell.setAttribute("role", "gridcell");
        cell.setAttribute("aria-colindex", place + 2);
        cell.setAttribute("aria-label", `${source.name} to ${data.columns[columns[place]].name}: ${is.name}`);
        cell.id = `cell-${at}-${place}`;
        cell.dataset.row = at;
        cell.dataset.column = place;
        cell.style.left = `${side + place * CELL}px`;
        if (begins(data.columns, columns, place)) cell.classList.add("begins");
        if (chosen && chosen.row === rows[at] && chosen.column === columns[place]) cell.classList.add("chosen");
        if (active.row === at && active.column === place) cell.classList.add("active");
        line.append(cell);
      }
      made.append(line);
    }
    if (!rows.length || !columns.length) made.append(make("p", "hint empty", "Nothing matches."));
    canvas.replaceChildren(made);
    if (rows.length && columns.length) {
      grid.setAttribute("aria-activedescendant", `cell-${active.row}-${active.column}`);
    } else {
      grid.removeAttribute("aria-activedescendant");
    }
    light();
  };

  let waiting = false;
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };

  // The row and the column under the pointer, or of the keyboard.
  const light = () => {
    canvas.querySelectorAll(".band").forEach((band) => band.remove());
    canvas.querySelectorAll(".lit").forEach((lit) => lit.classList.remove("lit"));
    const at = hover || (document.activeElement === grid ? active : null);
    if (!at || !rows.length || !columns.length) return;
    const across = make("div", "band"), down = make("div", "band");
    across.style.cssText = `left:0;top:${head + at.row * CELL}px;width:${side + columns.length * CELL}px;height:${CELL}px`;
    down.style.cssText = `top:${head}px;left:${side + at.column * CELL}px;height:${rows.length * CELL}px;width:${CELL}px`;
    canvas.append(across, down);
    canvas.querySelector(`.rowname[data-row="${at.row}"]`)?.classList.add("lit");
    canvas.querySelector(`.columnname[data-column="${at.column}"]`)?.classList.add("lit");
  };

  const reveal = () => {
    const x = active.column * CELL, y = active.row * CELL;
    const across = grid.clientWidth - side - CELL, down = grid.clientHeight - head - CELL;
    if (x < grid.scrollLeft) grid.scrollLeft = x;
    else if (x > grid.scrollLeft + across) grid.scrollLeft = x - across;
    if (y < grid.scrollTop) grid.scrollTop = y;
    else if (y > grid.scrollTop + down) grid.scrollTop = y - down;
    draw();
  };

  // ---- Explaining ----------------------------------------------------------------------------------

  const fill = (body, source, destination) => {
    const [family, ...lines] = data.bodies[body - 1];
    const from = data.parties[source], to = data.parties[destination];
    const address = (party) => (family === 4 ? party[1] : family === 6 ? party[2] : "");
    const short = (party) => party[0] || address(party) || party[1] || party[2];
    const full = (party) => (party[0] && address(party) ? `${party[0]} (${address(party)})` : short(party));
    return lines.map((number, line) => {
      const named = line === 1 && family !== null ? full : short;
      return data.lines[number].replace(/[\u0001-\u0004]/g, (sign) =>
        [named(from), named(to), address(from), address(to)][sign.charCodeAt(0) - 1]);
    });
  };

  const paragraph = (lines) => {
    const made = make("pre");
    lines.forEach((line, number) => {
      const text = line.trimStart();
      made.append(make("div", number === 0 ? "word" : text === line ? "" : "deeper", text));
    });
    return made;
  };

  const examples = (section, row, column) => {
    const body = section.bodies[row * width + column];
    if (body > 0) return [[body, section.rows[row], section.columns[column]]];
    return body < 0 ? section.details[`${row},${column}`].examples : null;
  };

  const explain = (row, column) => {
    chosen = { row, column };
    const source = data.rows[row], destination = data.columns[column];
    const is = state(row, column);
    const made = document.createDocumentFragment();
    const close = make("button", "close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Close the explanation");
    close.addEventListener("click", dismiss);
    const title = make("h2", "", name(source));
    title.append(make("span", "", " → "), name(destination));
    const verdict = make("p", "verdict");
    const sign = make("span", `sign ${is.style}`, is.sign);
    sign.setAttribute("aria-hidden", "true");
    verdict.append(sign, is.name);
    made.append(close, title, verdict);
    for (const end of [source, destination]) {
      if (end.note) made.append(make("p", "hint", end.note));
    }
    for (const section of sections) {
      if (section.rows[row] < 0 || section.columns[column] < 0) continue;
      made.append(make("h3", "", section.title));
      const found = examples(section, row, column);
      if (found === null) {
        made.append(make("p", "hint", "Left out of this page, which would be too large. This tells it:"));
        made.append(make("code", "", command(section, row, column)));
        continue;
      }
      const detail = section.details[`${row},${column}`];
      const counts = detail ? detail.counts : [];
      const pairs = counts.reduce((sum, count) => sum + count, 0) || source.count * destination.count;
      if (pairs > 1) {
        const told = ["allowed", "denied", "without an answer"]
          .map((word, number) => (counts[number] ? `${counts[number]} ${word}` : ""))
          .filter(Boolean);
        const sum = told.length > 1 ? `${pairs} pairs: ${told.join(", ")}. For example:` : `The same for all ${pairs} pairs. For example:`;
        made.append(make("p", "hint", sum));
      }
      for (const one of found) made.append(paragraph(fill(...one)));
    }
    aside.replaceChildren(made);
    aside.scrollTop = 0;
    draw();
  };

  const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const command = (section, row, column) => {
    const end = (party) => quote(party[0] || party[1] || party[2]);
    const from = end(data.parties[section.rows[row]]), to = end(data.parties[section.columns[column]]);
    return `netpol explain -f FILES --from ${from} --to ${to} -p ${quote(section.port)} --protocol ${section.protocol}`;
  };

  const hint = aside.firstElementChild;
  const dismiss = () => {
    chosen = null;
    aside.replaceChildren(hint);
    draw();
    grid.focus();
  };

  // ---- Hands ---------------------------------------------------------------------------------------

  const place = (event) => {
    const cell = event.target.closest(".cell");
    return cell && { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
  };

  canvas.addEventListener("click", (event) => {
    const at = place(event);
    if (!at) return;
    active = at;
    explain(rows[at.row], columns[at.column]);
  });
  canvas.addEventListener("mouseover", (event) => {
    hover = place(event);
    light();
  });
  grid.addEventListener("mouseleave", () => {
    hover = null;
    light();
  });
  grid.addEventListener("focus", light);
  grid.addEventListener("blur", light);
  grid.addEventListener("scroll", redraw, { passive: true });
  addEventListener("resize", redraw);

  grid.addEventListener("keydown", (event) => {
    if (!rows.length || !columns.length || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((grid.clientHeight - head) / CELL) - 1);
    const far = event.ctrlKey;
    const moves = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      PageUp: [-page, 0], PageDown: [page, 0],
      Home: [far ? -Infinity : 0, -Infinity], End: [far ? Infinity : 0, Infinity],
    };
    if (event.key === "Enter" || event.key === " ") {
      explain(rows[active.row], columns[active.column]);
    } else if (event.key === "Escape") {
      dismiss();
    } else if (event.key in moves) {
      const [down, across] = moves[event.key];
      active.row = Math.max(0, Math.min(rows.length - 1, active.row + down));
      active.column = Math.max(0, Math.min(columns.length - 1, active.column + across));
      hover = null;
      reveal();
    } else {
      return;
    }
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select");
    if (event.key === "/" && !typing) {
      find("search-rows").focus();
      event.preventDefault();
    } else if (event.key === "Escape" && typing) {
      grid.focus();
    }
  });

  for (const id of ["search-rows", "search-columns"]) find(id).addEventListener("input", filter);
  find("tools").addEventListener("submit", (event) => event.preventDefault());

  // ---- Ports and states ----------------------------------------------------------------------------

  const legend = () => {
    const counts = new Array(data.states.length).fill(0);
    for (const code of layers[layer].cells) counts[code]++;
    const made = document.createDocumentFragment();
    data.states.forEach((is, code) => {
      if (!counts[code] || is.style === "outside") return;
      const button = make("button");
      button.type = "button";
      button.setAttribute("aria-pressed", focus === code);
      button.title = `Show only rows and columns with: ${is.name}`;
      const sign = make("span", `sign ${is.style}`, is.sign);
      sign.setAttribute("aria-hidden", "true");
      button.append(sign, is.name, make("small", "", counts[code].toLocaleString("en")));
      button.addEventListener("click", () => {
        focus = focus === code ? null : code;
        legend();
        filter();
        find("legend").querySelectorAll("button").forEach((other) => {
          if (other.title === button.title) other.focus();
        });
      });
      made.append(button);
    });
    find("legend").replaceChildren(made);
  };

  if (layers.length > 1) {
    layers.forEach((one, number) => find("layer").append(new Option(one.name, number)));
    find("port").hidden = false;
    find("layer").addEventListener("change", (event) => {
      layer = Number(event.target.value);
      if (focus !== null && !layers[layer].cells.includes(focus)) focus = null;
      legend();
      filter();
      if (chosen) explain(chosen.row, chosen.column);
    });
  }
  legend();
  filter();
  document.documentElement.dataset.ready = "";
})();

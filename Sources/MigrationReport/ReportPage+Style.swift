extension ReportPage {
  /// The page's style, for light and dark screens and for paper.
  static let style = """
    :root { color-scheme: light dark; --paper: #fbfbfa; --card: #ffffff; --ink: #1d1f21; --muted: #5f666d; --rule: #e1e3e5;
      --accent: #2563a8; --soft: #bcd3ec; --good: #17683a; --good-paper: #e5f3ea; --bad: #a3180f; --bad-paper: #fbe9e7; }
    @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --card: #1f2226; --ink: #e6e8ea; --muted: #9aa2aa;
      --rule: #32373d; --accent: #7fb2ea; --soft: #2f4a68; --good: #83d3a2; --good-paper: #193325; --bad: #f2988f;
      --bad-paper: #3d201d; } }
    * { box-sizing: border-box; }
    body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; margin: 0 auto; max-width: 62rem;
      padding: 2rem 1.25rem 4rem; color: var(--ink); background: var(--paper); }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
    h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; }
    p { margin: .4rem 0; }
    .sub { color: var(--muted); overflow-wrap: anywhere; }
    .verdict { display: inline-block; margin-top: .6rem; padding: .35rem .8rem; border-radius: .4rem; font-weight: 600; }
    .good { color: var(--good); background: var(--good-paper); }
    .bad { color: var(--bad); background: var(--bad-paper); }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
    .card { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .9rem; }
    .card b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
    .card span { display: block; }
    .card small { display: block; color: var(--muted); font-size: .8rem; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    td, th { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--rule); }
    th { font-weight: 600; white-space: nowrap; }
    th[scope=row] { width: 10.5rem; }
    td { overflow-wrap: anywhere; }
    .list th { color: var(--muted); font-size: .8rem; font-weight: 500; }
    .list { font-size: .88rem; }
    .list td:first-child { white-space: nowrap; }
    pre { background: var(--card); border: 1px solid var(--rule); border-radius: .4rem; padding: .7rem .9rem; margin: .5rem 0;
      font: .8rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
    ul { margin: .4rem 0; padding-left: 1.2rem; }
    figure { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; margin: .75rem 0; padding: .8rem 1rem .5rem; }
    figcaption { color: var(--muted); font-size: .88rem; margin-bottom: .4rem; }
    figcaption b { color: var(--ink); margin-right: .5rem; }
    .plot { display: block; width: 100%; height: auto; }
    .grid { stroke: var(--rule); stroke-width: 1; }
    .axis { stroke: var(--muted); stroke-width: 1; }
    .cut { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 3 3; }
    .tick { fill: var(--muted); font-size: 11px; }
    .area, .soft { fill: var(--soft); stroke: none; }
    .strong { fill: var(--accent); stroke: none; }
    .line { fill: none; stroke: var(--accent); stroke-width: 1.75; stroke-linejoin: round; }
    .key { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin: 0 .15rem 0 .6rem; }
    .soft-key { background: var(--soft); }
    .strong-key { background: var(--accent); }
    @media print { body { max-width: none; padding: 0; } figure, .card { break-inside: avoid; } }
    """
}

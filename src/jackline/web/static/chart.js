// Draws what the server sends: candles, and the prices of the position as lines. The stop is always in sight.
import { CandlestickSeries, LineStyle, createChart } from '/static/lightweight-charts-5.2.1.mjs';

const place = document.getElementById('chart'), title = document.getElementById('chart-name');
const colours = () => {
  const of = getComputedStyle(document.documentElement), read = (name) => of.getPropertyValue(`--${name}`).trim();
  return { text: read('muted'), grid: read('line'), up: read('rise'), down: read('fall'), entry: read('ink'),
    stop: read('stop'), target: read('ok'), liquidation: read('bad') };
};
const candle = ([time, open, high, low, close]) => ({ time, open, high, low, close });

function dress(chart, series) {
  const colour = colours();
  chart.applyOptions({ layout: { background: { color: 'transparent' }, textColor: colour.text },
    grid: { vertLines: { color: colour.grid }, horzLines: { color: colour.grid } },
    rightPriceScale: { borderColor: colour.grid }, timeScale: { borderColor: colour.grid } });
  series.applyOptions({ upColor: colour.up, downColor: colour.down, wickUpColor: colour.up, wickDownColor: colour.down, borderVisible: false });
}

export async function draw(page) {
  const first = await (await fetch(`/chart?page=${encodeURIComponent(page)}`)).json();
  const chart = createChart(place, { autoSize: true, layout: { attributionLogo: false }, // the logo brings an inline style along
    timeScale: { timeVisible: true, secondsVisible: true, maxBarSpacing: 16 } });
  let prices = [], drawn = [], shown = '', symbol = first.symbol;
  const series = chart.addSeries(CandlestickSeries, {
    // A scale that follows the candles alone hides the stop, which is what one looks for.
    autoscaleInfoProvider: (original) => {
      const found = original();
      if (!found || !prices.length) return found;
      const { minValue, maxValue } = found.priceRange;
      return { ...found, priceRange: { minValue: Math.min(minValue, ...prices), maxValue: Math.max(maxValue, ...prices) } };
    },
  });
  const lines = (wanted) => {
    const text = JSON.stringify(wanted);
    if (text === shown) return;
    shown = text;
    const colour = colours();
    for (const line of drawn) series.removePriceLine(line);
    // Liquidation may lie far away: it is drawn, and does not squeeze the rest.
    prices = wanted.filter((line) => line.kind !== 'liquidation').map((line) => line.price);
    drawn = wanted.map((line) => series.createPriceLine({ price: line.price, title: line.name, color: colour[line.kind],
      lineWidth: line.kind === 'stop' ? 2 : 1, lineStyle: line.dashed ? LineStyle.Dashed : LineStyle.Solid, axisLabelVisible: true }));
  };
  const restart = async () => {
    const all = await (await fetch(`/chart?page=${encodeURIComponent(page)}`)).json();
    series.setData(all.candles.map(candle));
    lines(all.lines);
  };
  dress(chart, series);
  series.setData(first.candles.map(candle));
  lines(first.lines);
  chart.timeScale().fitContent();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { dress(chart, series); const again = JSON.parse(shown); shown = ''; lines(again); });
  place.dataset.drawn = 'yes';
  return {
    update(told) {
      if (title) title.textContent = told.position || told.symbol || 'Market';
      if (told.symbol !== symbol) { symbol = told.symbol; restart(); return; }
      const newest = series.data().at(-1)?.time ?? 0;
      for (const one of told.candles.map(candle)) if (one.time >= newest) series.update(one);
      lines(told.lines);
      const low = Math.min(...prices), high = Math.max(...prices);
      place.dataset.stops = told.lines.filter((line) => line.kind === 'stop').map((line) => {
        const at = series.priceToCoordinate(line.price);
        return at !== null && at >= 0 && at <= place.clientHeight ? 'in' : 'out';
      }).join(' ');
      place.dataset.range = prices.length ? `${low} ${high}` : '';
    },
  };
}

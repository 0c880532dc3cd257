// Every visible text of the document with its contrast to what it stands on, as WCAG 2 computes it.
(() => {
  const channels = color => {
    const found = color.match(/[\d.]+/g).map(Number);
    return found.length === 4 ? found : [...found, 1];
  };
  const over = (top, below) => top.slice(0, 3).map((each, index) => each * top[3] + below[index] * (1 - top[3]));
  const light = color => {
    const [r, g, b] = color.map(each => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    let color = [255, 255, 255];
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(at);
    for (const at of chain) {
      color = over(channels(getComputedStyle(at).backgroundColor), color);
      for (const rect of at.querySelectorAll(":scope > rect")) {
        const fill = getComputedStyle(rect).fill;
        if (fill !== "none" && rect !== element) color = over(channels(fill), color);
      }
    }
    return color;
  };
  const found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest("title,style,script")) continue;
    const style = getComputedStyle(element), back = behind(element);
    const ink = channels(element instanceof SVGElement ? style.fill : style.color);
    for (let at = element; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
    const [one, other] = [light(over(ink, back)), light(back)].sort((a, b) => b - a);
    found.push([element.textContent.slice(0, 40), (one + 0.05) / (other + 0.05)]);
  }
  return found;
})()

// The shop in TypeScript's SDK, as its documentation writes functions: `node shop.mjs PORT`.
import { createServer } from "node:http";
import { Inngest, StepError } from "inngest";
import { serve } from "inngest/node";

const client = new Inngest({ id: "shop", isDev: true });
const price = client.createFunction(
  { id: "price", triggers: [{ event: "price/asked" }] },
  async ({ event, step }) => step.run("look-up", () => event.data.number + 10),
);
const warehouse = client.createFunction(
  { id: "warehouse", triggers: [{ event: "warehouse/reserve" }] },
  async ({ event, step }) => {
    await step.sleep("walk-to-the-shelf", "1s");
    await step.sendEvent("tell-the-shop", { name: "warehouse/reserved", data: { order: event.data.order, shelf: 4 } });
  },
);
const order = client.createFunction(
  { id: "order", triggers: [{ event: "shop/order" }], retries: 0 },
  async ({ event, step }) => {
    const [tea, rice] = await Promise.all([step.run("pack", () => "tea"), step.run("pack", () => "rice")]);
    await step.sleepUntil("a-moment", new Date(Date.now() + 200));
    await step.sendEvent("ask-the-warehouse", { name: "warehouse/reserve", data: { order: event.data.id } });
    const reserved = await step.waitForEvent("wait-for-the-shelf", {
      event: "warehouse/reserved",
      if: "event.data.id == async.data.order",
      timeout: "1m30s",
    });
    const cost = await step.invoke("price", { function: price, data: { number: 2 } });
    try {
      await step.run("load-the-van", () => {
        throw new Error("no van");
      });
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      return { tea, rice, shelf: reserved.data.shelf, cost, failed: error.message };
    }
  },
);
const listener = serve({ client, functions: [price, warehouse, order] });
createServer(listener).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("up"));

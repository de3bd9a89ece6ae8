// Gives the program the driver of the embedded database whose writes are counted. Runs in the loader's own thread.
const driver = new URL("./driver.mjs", import.meta.url).href;

export const resolve = (specifier, context, next) =>
  specifier === "@photostructure/sqlite" && context.parentURL !== driver ? { url: driver, shortCircuit: true } : next(specifier, context);

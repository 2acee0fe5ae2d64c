package dev.hone.run;

import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.ModelFiles;
import dev.hone.recipe.Recipe;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Writes what a run has learned: an adapter's folder, or a whole model's. */
final class Weights {
  private Weights() {}

  static Path save(RunFolder folder, Recipe recipe, Base base, Method method, Prepared rows) {
    if (method instanceof Full full) {
      Path model = folder.file("model");
      Map<String, Tensor> values = new LinkedHashMap<>(full.trainable());
      values.putAll(full.state());
      ModelFiles.write(model, base.model(), values, full.config().stored().type());
      if (!base.folder().equals(model)) {
        base.writeTokenizer(model);
      }
      AdapterCard.write(model, AdapterCard.of("", recipe, base, rows));
      return model;
    }
    Path adapter = folder.file("adapter");
    AdapterCard card = AdapterCard.of(base.fingerprint(), recipe, base, rows);
    new Tuned(base, method, Optional.of(card)).writeAdapter(adapter);
    return adapter;
  }
}

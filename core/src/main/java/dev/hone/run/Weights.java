package dev.hone.run;

import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.model.ModelFiles;
import dev.hone.recipe.Recipe;
import dev.hone.store.hub.Repo;
import java.nio.file.Path;
import java.util.Optional;

/** Writes what a run has learned: an adapter's folder, or a whole model's. */
final class Weights {
  private Weights() {}

  static Path save(RunFolder folder, Recipe recipe, Base base, Method method, Prepared rows) {
    if (method instanceof PeftMethod peft) {
      Path adapter = folder.file("adapter");
      Optional<Repo> repo = Repo.ofSnapshot(base.folder());
      String name = repo.map(Repo::id).orElse(base.folder().toString());
      PeftFiles.write(adapter, peft, base.model(), name, repo.map(Repo::revision).orElse(null));
      base.writeTokenizer(adapter);
      AdapterCard.write(adapter, AdapterCard.of(base.fingerprint(), recipe, rows));
      return adapter;
    }
    if (method instanceof Full full) {
      Path model = folder.file("model");
      ModelFiles.write(model, base.model(), full.trainable(), full.config().stored().type());
      if (!base.folder().equals(model)) {
        base.writeTokenizer(model);
      }
      AdapterCard.write(model, AdapterCard.of("", recipe, rows));
      return model;
    }
    throw new IllegalArgumentException("no files for " + method.config());
  }
}

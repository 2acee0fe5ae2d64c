package dev.hone.run;

import dev.hone.data.DataConfig;
import dev.hone.data.Splits;
import dev.hone.error.HoneException;
import dev.hone.model.Recurrent;
import dev.hone.model.head.HeadKind;
import dev.hone.recipe.Recipe;
import dev.hone.recipe.Task;
import dev.hone.run.head.HeadTask;
import dev.hone.tensor.Engine;
import java.nio.file.Path;
import java.util.Optional;

/** The model that a run begins with: a new one, one that answers as it is, or one with a head. */
final class Opening {
  private Opening() {}

  /**
   * @param located where the recipe's model lies
   * @param folder takes the files of a new model
   */
  static Base of(
      Recipe recipe, Located located, Splits splits, RunFolder folder, RunListener listener) {
    if (recipe.newModel() != null) {
      if (recipe.dtype().rounds()) {
        throw new HoneException(
            "dtype: a new model trains every weight, which needs float32; leave dtype out");
      }
      return Base.create(recipe, recipe.newModel(), splits.train(), folder.file("model"), listener);
    }
    Path model = located.model();
    if (model == null) {
      throw new HoneException("the recipe names no model: set 'model' to a folder, or 'newModel'");
    }
    Optional<HeadKind> needed = HeadTask.needed(splits.format());
    if (needed.isEmpty()) {
      Base base = Base.open(model, recipe.dtype(), recipe.tokenizer()::added);
      if (answersAsItIs(base, recipe, splits)) {
        return base;
      }
      base.close();
    }
    if (recipe.task() == Task.LANGUAGE_MODEL) {
      throw new HoneException(
          needed.isPresent()
              ? "task is language-model, but a head of its own answers rows of this format; leave"
                  + " task out"
              : model
                  + ": task is language-model, but this model does not write text; name another");
    }
    return headed(recipe, model, needed.orElse(HeadKind.SINGLE_LABEL), splits, listener);
  }

  private static boolean answersAsItIs(Base base, Recipe recipe, Splits splits) {
    // A recurrent model has no context to read a question from: it tells labels apart by a head.
    boolean recurrent = base.model().backbone() instanceof Recurrent;
    boolean asked = recipe.task() == Task.CLASSIFIER;
    boolean writes = base.speaks() && !asked && !(recurrent && !Prepared.labels(splits).isEmpty());
    boolean finds =
        base.head().equals(Optional.of(HeadKind.MASKED_LM))
            && recipe.task() == null
            && splits.format() == DataConfig.Format.TEXT;
    return writes || finds;
  }

  private static Base headed(
      Recipe recipe, Path model, HeadKind kind, Splits splits, RunListener listener) {
    Engine.seed(recipe.seed()); // a new head is drawn
    Base base =
        Base.headed(
            model, recipe.dtype(), recipe.tokenizer()::added, kind, Prepared.labels(splits));
    if (!base.model().made().isEmpty()) {
      listener.note("new, from random weights: " + String.join(", ", base.model().made()));
    }
    return base;
  }
}

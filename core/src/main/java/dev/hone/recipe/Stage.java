package dev.hone.recipe;

import dev.hone.config.Doc;
import dev.hone.data.DataConfig;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.method.MethodConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.train.TrainConfig;
import dev.hone.train.preference.PreferenceConfig;
import org.jspecify.annotations.Nullable;

/** One of several runs that follow on each other, each from the model that the last one left. */
@Doc("One run of several; each begins with the model of the one before")
public record Stage(
    @Doc("Name of the stage; its folder lies in the run's") String name,
    DataConfig data,
    @Doc("What is learned; found from rows and model when absent") @Nullable Task task,
    @Doc("How the model is adapted") MethodConfig method,
    @Doc("How preferences are learned; absent for rows of other formats")
        @Nullable PreferenceConfig objective,
    TrainConfig train,
    EvaluateConfig evaluate) {

  public Stage {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "name is '" + name + "', expected letters, digits, '.', '_' and '-'");
    }
  }

  public static Stage defaults() {
    return new Stage(
        "stage",
        DataConfig.defaults(),
        null,
        LoraConfig.defaults(),
        null,
        TrainConfig.defaults(),
        EvaluateConfig.defaults());
  }
}

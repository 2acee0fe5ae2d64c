package dev.hone.recipe;

import dev.hone.config.ByteSize;
import dev.hone.config.Doc;
import dev.hone.config.Place;
import dev.hone.config.Range;
import dev.hone.data.DataConfig;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.method.MethodConfig;
import dev.hone.model.NewModel;
import dev.hone.model.Storage;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tokenizer.TokenizerConfig;
import dev.hone.train.TrainConfig;
import dev.hone.train.preference.PreferenceConfig;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that decides a run. Two runs of one resolved recipe give the same result. */
@Doc("A Hone run: model, data, method, training, evaluation")
public record Recipe(
    @Doc("Name of the run; its folder is runs/NAME") String name,
    @Doc("Base model: a folder in the Hugging Face layout, or owner/name[@revision] on the Hub")
        @Nullable Place model,
    @Doc(
            "How the base's frozen matrices are kept: float32, bfloat16, float16, int8, nf4, or"
                + " auto (float32 where memory allows, else as the file has them; bfloat16 also where"
                + " it is multiplied so)")
        Storage dtype,
    @Doc("A new model from random weights, in place of 'model'") @Nullable NewModel newModel,
    @Doc("What is changed in the model's tokenizer") TokenizerConfig tokenizer,
    DataConfig data,
    @Doc("What is learned; found from rows and model when absent") @Nullable Task task,
    @Doc("How the model is adapted") MethodConfig method,
    @Doc("How preferences are learned; absent for rows of other formats")
        @Nullable PreferenceConfig objective,
    TrainConfig train,
    EvaluateConfig evaluate,
    @Doc("Several runs in a row, in place of data, task, method, objective, train and evaluate")
        List<Stage> stages,
    @Doc("Seeds weights, order of rows, dropout and sampling") long seed,
    @Doc("cpu or cuda") Device device,
    @Doc(
            "In which type matrices are multiplied: float32, bfloat16 (norms, softmax, loss and the"
                + " weights that train stay float32), or auto (bfloat16 on GPUs that have it, else"
                + " float32)")
        Compute compute,
    @Doc("Threads of the engine; 0 means one a physical core") @Range(min = 0, max = 1024)
        int threads,
    @Doc("Most memory that the run may take, for example 4 GiB; absent: no bound is kept")
        @Nullable ByteSize memory,
    @Doc("Folder that holds the runs") Path runs) {

  /** Where tensors live and are computed. */
  public enum Device {
    CPU,
    CUDA;

    /** What the engine calls it. */
    public dev.hone.tensor.Device engine() {
      return this == CUDA ? dev.hone.tensor.Device.CUDA : dev.hone.tensor.Device.CPU;
    }
  }

  /** In which type matrices are multiplied. */
  public enum Compute {
    AUTO,
    FLOAT32,
    BFLOAT16;

    /** What the engine calls it, on the device that it works on. */
    public DType engine() {
      dev.hone.tensor.Device on = Engine.device();
      boolean fast = on == dev.hone.tensor.Device.CUDA && Engine.multipliesBf16(on);
      return this == BFLOAT16 || this == AUTO && fast ? DType.BF16 : DType.F32;
    }
  }

  public Recipe {
    Stage own = new Stage("stage", data, task, method, objective, train, evaluate);
    if (!stages.isEmpty() && !own.equals(Stage.defaults())) {
      throw new IllegalArgumentException(
          "a recipe with stages has data, task, method, objective, train and evaluate in its stages"
              + " only; move those that stand beside 'stages' into them");
    }
    List<String> names = stages.stream().map(Stage::name).toList();
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) < i) {
        throw new IllegalArgumentException(
            "stages: two are called '" + names.get(i) + "'; give each a name of its own");
      }
    }
  }

  /** The same with its folder elsewhere. */
  public Recipe in(Path otherRuns) {
    return new Recipe(
        name, model, dtype, newModel, tokenizer, data, task, method, objective, train, evaluate,
        stages, seed, device, compute, threads, memory, otherRuns);
  }

  public static Recipe defaults() {
    Stage own = Stage.defaults();
    return new Recipe(
        "run",
        null,
        Storage.AUTO,
        null,
        TokenizerConfig.defaults(),
        own.data(),
        own.task(),
        own.method(),
        own.objective(),
        own.train(),
        own.evaluate(),
        List.of(),
        1,
        Device.CPU,
        Compute.AUTO,
        0,
        null,
        Path.of("runs"));
  }

  /**
   * The recipe of one stage, in a folder of its own below that of the whole.
   *
   * @param number counted from 0
   * @param folder of the whole run
   * @param before the model that the stage before has left, or null for the first
   */
  public Recipe stage(int number, Path folder, @Nullable Path before) {
    Stage stage = stages.get(number);
    return new Recipe(
        (number + 1) + "-" + stage.name(),
        before == null ? model : Place.of(before),
        dtype,
        before == null ? newModel : null,
        before == null ? tokenizer : TokenizerConfig.defaults(), // the stage before has added them
        stage.data(),
        stage.task(),
        stage.method(),
        stage.objective(),
        stage.train(),
        stage.evaluate(),
        List.of(),
        seed,
        device,
        compute,
        threads,
        memory,
        folder);
  }

  /**
   * The same as a trial of its own.
   *
   * @param labels how many rows to learn from; 0 for as many as the recipe says
   * @param which seed of the trial, and of the choice of rows
   * @param folder where the trials' folders are
   */
  public Recipe trial(int labels, long which, Path folder) {
    return new Recipe(
        name + (labels == 0 ? "" : "-" + labels) + "-" + which,
        model,
        dtype,
        newModel,
        tokenizer,
        labels == 0 ? data : data.with(data.split().learningFrom(labels, which)),
        task,
        method,
        objective,
        train,
        evaluate,
        stages,
        which,
        device,
        compute,
        threads,
        memory,
        folder);
  }
}

package dev.hone.recipe;

import dev.hone.config.ByteSize;
import dev.hone.config.Doc;
import dev.hone.config.Place;
import dev.hone.config.Range;
import dev.hone.data.DataConfig;
import dev.hone.evaluate.EvaluateConfig;
import dev.hone.method.MethodConfig;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.NewModelConfig;
import dev.hone.model.Storage;
import dev.hone.train.TrainConfig;
import dev.hone.train.preference.PreferenceConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Everything that decides a run. Two runs of one resolved recipe give the same result. */
@Doc("A Hone run: model, data, method, training, evaluation")
public record Recipe(
    @Doc("Name of the run; its folder is runs/NAME") String name,
    @Doc("Base model: a folder in the Hugging Face layout, or owner/name[@revision] on the Hub")
        @Nullable Place model,
    @Doc(
            "How the base's frozen matrices are kept: float32, bfloat16, float16, int8, nf4, or auto"
                + " (float32 where memory allows, else as the file has them); computing is float32")
        Storage dtype,
    @Doc("A new model from random weights, in place of 'model'") @Nullable NewModelConfig newModel,
    DataConfig data,
    @Doc("How the model is adapted") MethodConfig method,
    @Doc("How preferences are learned; absent for rows of other formats")
        @Nullable PreferenceConfig objective,
    TrainConfig train,
    EvaluateConfig evaluate,
    @Doc("Seeds weights, order of rows, dropout and sampling") long seed,
    @Doc("cpu or cuda") Device device,
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

  /** The same with its folder elsewhere. */
  public Recipe in(Path otherRuns) {
    return new Recipe(
        name, model, dtype, newModel, data, method, objective, train, evaluate, seed, device,
        threads, memory, otherRuns);
  }

  public static Recipe defaults() {
    return new Recipe(
        "run",
        null,
        Storage.AUTO,
        null,
        DataConfig.defaults(),
        LoraConfig.defaults(),
        null,
        TrainConfig.defaults(),
        EvaluateConfig.defaults(),
        1,
        Device.CPU,
        0,
        null,
        Path.of("runs"));
  }
}

package dev.hone.model;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.store.ModelFolder;
import dev.hone.store.TensorEntry;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.DType;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Narrow;
import dev.hone.tensor.Packing;
import dev.hone.tensor.Precision;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Parameters from a Hugging Face folder, computed with as F32, and kept as the {@link Storage}
 * asks. Where that is the file's own type they are used where they are mapped, without a copy;
 * nothing may write to them.
 *
 * <p>Checkpoints exist with and without the prefix of the backbone ({@code transformer.}, {@code
 * bert.}, {@code model.}): both are understood.
 */
public final class FolderWeights implements Weights {
  private final ModelFolder folder;
  private final String prefix;
  private final UnaryOperator<String> names;
  private final boolean bare;
  private final boolean writes;
  private final boolean renewing;
  private final boolean outline;
  private final Storage storage;
  private final @Nullable QuantisedFile quantised;
  private final Map<String, String> fileNames = new LinkedHashMap<>();
  private final List<String> made = new ArrayList<>();
  private final NewTokens newTokens;
  private final Map<String, long[]> wordsInFile = new LinkedHashMap<>();

  /**
   * @param prefix the backbone's prefix in a checkpoint with a head, ending in a dot
   * @param architecture whose head a task brings, or which predicts words as it was pretrained to
   * @param names what the files call a parameter
   * @param renewing whether a head of another size than the one asked for gives way to a new one
   * @param storage of the matrices
   */
  public FolderWeights(
      ModelFolder folder,
      String prefix,
      String architecture,
      UnaryOperator<String> names,
      boolean renewing,
      Storage storage) {
    this(folder, prefix, architecture, names, renewing, storage, false, NewTokens.NONE);
  }

  private FolderWeights(
      ModelFolder folder,
      String prefix,
      String architecture,
      UnaryOperator<String> names,
      boolean renewing,
      Storage storage,
      boolean outline,
      NewTokens newTokens) {
    this.folder = folder;
    this.prefix = prefix;
    this.names = names;
    this.writes =
        architecture.matches(".*(LM|LMHeadModel|ForPreTraining|ForConditionalGeneration)");
    this.renewing = renewing;
    this.outline = outline;
    this.storage = storage;
    this.newTokens = newTokens;
    this.quantised =
        storage.isQuantised()
            ? QuantisedFile.of(folder, architecture, storage, newTokens.isEmpty())
            : null;
    this.bare = folder.tensors().keySet().stream().noneMatch(n -> n.startsWith(prefix));
  }

  /**
   * The same names, shapes and refusals without the numbers: nothing is read but the headers, and a
   * parameter of any size takes a few bytes. For looking at a model, not for computing with it.
   */
  public static FolderWeights outline(
      ModelFolder folder, String prefix, String architecture, UnaryOperator<String> names) {
    return new FolderWeights(
        folder, prefix, architecture, names, false, Storage.FLOAT32, true, NewTokens.NONE);
  }

  /**
   * The same with entries for more tokens.
   *
   * @param outline of the model as the files have it
   */
  public FolderWeights with(NewTokens tokens, Model outline) {
    FolderWeights wider =
        new FolderWeights(
            folder, prefix, outline.architecture(), names, renewing, storage, false, tokens);
    for (Parameter parameter : outline.parameters()) {
      if (outline.words().contains(parameter.name())) {
        wider.wordsInFile.put(parameter.name(), parameter.value().shape());
      }
    }
    return wider;
  }

  @Override
  public NewTokens newTokens() {
    return newTokens;
  }

  private String inFile(String name) {
    String named = names.apply(name);
    if (!named.equals(name)) {
      return named;
    }
    String plain = bare && name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    // Checkpoints that came from TensorFlow have its names for the two vectors of a norm.
    String older =
        plain
            .replaceFirst("LayerNorm\\.weight$", "LayerNorm.gamma")
            .replaceFirst("LayerNorm\\.bias$", "LayerNorm.beta");
    return !holds(plain) && holds(older) ? older : plain;
  }

  private boolean holds(String inFile) {
    return folder.tensors().containsKey(inFile);
  }

  /** A head that its task brings, as the checkpoint of a backbone alone has none. */
  private boolean isNew(String name) {
    return !writes && (!name.startsWith(prefix) || name.startsWith(prefix + "pooler."));
  }

  @Override
  public boolean has(String name) {
    return holds(inFile(name));
  }

  @Override
  public Parameter parameter(String name, Init init, long... shape) {
    String inFile = inFile(name);
    TensorEntry entry = folder.tensors().get(inFile);
    boolean replaceable = isNew(name);
    boolean otherTask =
        renewing && replaceable && entry != null && !Arrays.equals(entry.shape(), shape);
    if (entry == null || otherTask) {
      if (!replaceable) {
        throw new HoneException(
            folder.path()
                + ": tensor '"
                + inFile
                + "' of shape "
                + Arrays.toString(shape)
                + " is missing"
                + Nearest.hint(inFile, folder.tensors().keySet().stream().limit(2000).toList()));
      }
      made.add(name); // a head that the checkpoint does not have yet
      if (outline) {
        return outlined(name, shape);
      }
      return RandomWeights.make(name, init, RandomWeights.STD, shape);
    }
    long[] known = wordsInFile.getOrDefault(name, shape);
    if (!Arrays.equals(entry.shape(), known)) {
      throw new HoneException(
          folder.path()
              + ": tensor '"
              + inFile
              + "' has shape "
              + Arrays.toString(entry.shape())
              + ", config.json asks for "
              + Arrays.toString(known));
    }
    if (!entry.dtype().isFloating()) {
      throw new HoneException(
          folder.path()
              + ": tensor '"
              + inFile
              + "' is of type "
              + entry.dtype()
              + ", expected F32, BF16, F16, F64 or F8; quantised checkpoints are not supported");
    }
    fileNames.put(name, inFile);
    if (outline) {
      return outlined(name, shape);
    }
    try (Scope scope = Scope.open()) {
      if (wordsInFile.containsKey(name)) {
        return new Parameter(name, newTokens.added(whole(inFile)).keep());
      }
      // A classifier's head is small, and trained whole as a rule.
      boolean matrix = shape.length == 2 && shape[0] > 1 && !replaceable;
      return new Parameter(name, (matrix ? matrix(entry) : whole(inFile)).keep());
    }
  }

  /** All numbers as F32. */
  private Tensor whole(String inFile) {
    return finite(inFile, folder.numbers(inFile).to(Engine.device()));
  }

  private Tensor matrix(TensorEntry entry) {
    String inFile = entry.name();
    if (quantised != null) {
      long[] shape = entry.shape();
      return Tensor.packed(quantised.packing(inFile, shape[0], shape[1], () -> whole(inFile)));
    }
    boolean half = entry.dtype() == DType.BF16 || entry.dtype() == DType.F16;
    boolean asIs =
        entry.dtype() == storage.dtype()
            || storage == Storage.AUTO && (entry.dtype() == Precision.type() || tight());
    if (half && asIs) {
      Tensor mapped = Tensors.over(entry.data(), entry.dtype(), entry.shape());
      return Tensor.packed(new Narrow(finite(inFile, mapped).to(Engine.device())));
    }
    if (!storage.rounds()) {
      return whole(inFile);
    }
    Packing packed = storage.pack(whole(inFile));
    if (!packed.dense().isFinite()) {
      throw new HoneException(
          folder.path()
              + ": tensor '"
              + inFile
              + "' has numbers too large for float16; use dtype: bfloat16");
    }
    return Tensor.packed(packed);
  }

  /** Whether F32 would take much of the machine's memory. */
  private boolean tight() {
    long numbers = folder.tensors().values().stream().mapToLong(TensorEntry::elements).sum();
    return numbers * DType.F32.bytes() > Cpu.memoryBytes()[0] / 4;
  }

  private Tensor finite(String inFile, Tensor value) {
    if (!value.isFinite()) {
      throw new HoneException(
          folder.path()
              + ": tensor '"
              + inFile
              + "' holds NaN or infinity; the file is damaged or was saved by a failed run");
    }
    return value;
  }

  @Override
  public void finish() {
    if (quantised != null) {
      quantised.finish();
      folder.unload(); // what was quantised is not looked at again
    }
  }

  /** One zero that stands for all elements. */
  private static Parameter outlined(String name, long... shape) {
    try (Scope scope = Scope.open()) {
      return new Parameter(name, Tensors.zeros(1).expand(shape).keep());
    }
  }

  @Override
  public Map<String, String> fileNames() {
    return fileNames;
  }

  @Override
  public List<String> made() {
    return made;
  }

  @Override
  public List<String> surplus() {
    Set<String> scales = folder.scales();
    return folder.tensors().keySet().stream()
        .filter(n -> !fileNames.containsValue(n) && !scales.contains(n))
        .toList();
  }
}

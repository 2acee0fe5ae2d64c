package dev.hone.method.multitaskprompttuning;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.method.Leaves;
import dev.hone.method.SoftVectors;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.VirtualTokens;
import dev.hone.model.Wrapping;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Multitask prompt tuning (arXiv:2303.02861): element by element, a prompt of all tasks times a
 * matrix of low rank of the row's task.
 */
public final class MultitaskPromptTuning extends SoftVectors {
  /** The left factors, [N, P, K]. */
  public static final String COLS = "prefix_task_cols";

  /** The right factors, [N, K, E]. */
  public static final String ROWS = "prefix_task_rows";

  private final MultitaskPromptTuningConfig config;
  private List<String> names;
  private @Nullable Source source;
  private @Nullable Tensor cols;
  private @Nullable Tensor rows;

  public MultitaskPromptTuning(
      MultitaskPromptTuningConfig config, Model model, Leaves leaves, int[] text) {
    super(config, model, leaves, text, 1);
    this.config = config;
    this.names = config.tasks();
  }

  /**
   * Gives the tasks of an adapter from a file their names, in the order of their numbers.
   *
   * @throws HoneException where these are not as many as the file's
   */
  public void named(List<String> tasks) {
    if (Math.max(1, tasks.size()) != config.numTasks()) {
      throw new HoneException(
          "the adapter is for " + config.numTasks() + " tasks, which cannot be called " + tasks);
    }
    names = List.copyOf(tasks);
  }

  @Override
  protected void shared(List<Linear> adapted, Leaves root) {
    if (!root.loaded() && config.promptTuningInit().hasSource()) {
      source = Source.read(config, rows(), width());
    }
    super.shared(adapted, root);
    int tasks = config.numTasks();
    int rank = config.numRanks();
    cols = factor(root, COLS, source == null ? null : source.cols(), tasks, rows(), rank);
    rows = factor(root, ROWS, source == null ? null : source.rows(), tasks, rank, width());
    source = null;
  }

  private static Tensor factor(Leaves root, String name, @Nullable Tensor given, long... shape) {
    return root.trained(name, () -> given == null ? Tensors.normal(0, 0.02, shape) : given, shape);
  }

  @Override
  protected @Nullable Maker network(Leaves own) {
    return null;
  }

  @Override
  protected Tensor begun() {
    return source == null ? firstVectors() : source.table();
  }

  @Override
  protected VirtualTokens tokens(Maker table) {
    return new VirtualTokens.Prompt(
        config.numVirtualTokens(), (inputs, pass) -> vectors(table.table(pass.training()), inputs));
  }

  private Tensor vectors(Tensor table, Inputs inputs) {
    long[] numbers = inputs.tasks().stream().mapToLong(this::number).distinct().toArray();
    if (numbers.length < 2) {
      return vectors(table, numbers.length == 0 ? 0 : numbers[0]);
    }
    long[] each = inputs.tasks().stream().mapToLong(this::number).toArray();
    Tensor index = Tensors.of(each, each.length);
    return vectors(table, left().indexSelect(0, index), right().indexSelect(0, index));
  }

  private Tensor vectors(Tensor table, long task) {
    return vectors(table, left().select(0, task), right().select(0, task));
  }

  private static Tensor vectors(Tensor table, Tensor left, Tensor right) {
    return left.matmul(right).mul(table);
  }

  private Tensor left() {
    return Objects.requireNonNull(cols);
  }

  private Tensor right() {
    return Objects.requireNonNull(rows);
  }

  /** A row that names no task is of the first. */
  private int number(String task) {
    int number = names.indexOf(task);
    if (number < 0 && !task.isEmpty() && !names.isEmpty()) {
      throw new HoneException("'" + task + "' is no task" + Nearest.hint(task, names));
    }
    return Math.max(0, number);
  }

  @Override
  public Adapter ofTask(String task) {
    return new OneTask(this, number(task));
  }

  /** As it is for rows of one task, whatever they say. */
  private record OneTask(MultitaskPromptTuning wrapped, int task) implements Wrapping {
    @Override
    public VirtualTokens virtualTokens() {
      return new VirtualTokens.Prompt(
          wrapped.config.numVirtualTokens(),
          (inputs, pass) -> wrapped.vectors(wrapped.table(), task));
    }
  }

  @Override
  public double rateFactor(String name) {
    return isPrompt(name) ? config.rateFactor() : 1;
  }

  @Override
  public boolean decays(String name) {
    return !isPrompt(name);
  }

  private static boolean isPrompt(String name) {
    return name.equals(TABLE) || name.equals(COLS) || name.equals(ROWS);
  }
}

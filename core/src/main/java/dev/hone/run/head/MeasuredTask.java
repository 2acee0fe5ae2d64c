package dev.hone.run.head;

import dev.hone.data.Example;
import dev.hone.evaluate.Measures;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A task that is measured by its answers. */
public sealed interface MeasuredTask<E extends Example, A> extends HeadTask<E, A>
    permits MultiLabelTask, RegressionTask, TagTask, ChoiceTask, SpanTask {

  /** What can be answered without looking at a row. */
  record Baseline<E, A>(String name, Function<E, A> answer) {}

  /** The best such answer for the training rows; empty where none is worth telling. */
  Optional<Baseline<E, A>> baseline(List<E> train);

  /**
   * @param answers to the examples, in their order
   */
  Measures measured(String name, List<E> examples, List<A> answers);
}

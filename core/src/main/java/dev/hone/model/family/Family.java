package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.Parts;
import dev.hone.store.Config;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What differs from one model family to the next. */
interface Family {
  /** The Hugging Face class names that this family answers to. */
  List<String> architectures();

  /** The prefix of the backbone's tensors in a checkpoint with a head. */
  String prefix();

  Backbone backbone(Config config, Parts parts);

  /** The head that an architecture of this family has. */
  Head head(String architecture, Config config, Backbone backbone, Parts parts);

  /**
   * From the names that {@link Parts} is asked for to those of a file, where another library's
   * files are understood.
   *
   * @param inFile all names that the file holds
   */
  default UnaryOperator<String> names(Set<String> inFile) {
    return UnaryOperator.identity();
  }
}

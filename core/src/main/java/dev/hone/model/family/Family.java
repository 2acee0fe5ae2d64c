package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.Parts;
import dev.hone.store.Config;
import java.util.List;

/** What differs from one model family to the next. */
interface Family {
  /** The Hugging Face class names that this family answers to. */
  List<String> architectures();

  /** The prefix of the backbone's tensors in a checkpoint with a head. */
  String prefix();

  Backbone backbone(Config config, Parts parts);

  /** The head that an architecture of this family has. */
  Head head(String architecture, Config config, Backbone backbone, Parts parts);
}

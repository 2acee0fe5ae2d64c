/** One small file a model family: how its config reads, how its weights are named, what differs. */
@NullMarked
package dev.hone.model.family;

import org.jspecify.annotations.NullMarked;

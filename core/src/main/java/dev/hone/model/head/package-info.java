/** Task heads on a model's hidden states. */
@NullMarked
package dev.hone.model.head;

import org.jspecify.annotations.NullMarked;

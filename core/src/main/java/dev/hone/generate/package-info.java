/** Text from a model. */
@NullMarked
package dev.hone.generate;

import org.jspecify.annotations.NullMarked;

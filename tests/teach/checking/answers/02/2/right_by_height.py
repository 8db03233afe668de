def topological_order(result):
    heights = {}

    def height(value):
        if value not in heights:
            heights[value] = max((1 + height(source) for source in value.inputs), default=0)
        return heights[value]

    height(result)
    return sorted(heights, key=heights.get)

"""The parameters of target_volatility. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'target_volatility' in data_keys:
            data_keys.remove('target_volatility')
            data__targetvolatility = data['target_volatility']
            if not isinstance(data__targetvolatility, (int, float)) or isinstance(data__targetvolatility, bool):
                raise ValueError
            if isinstance(data__targetvolatility, (int, float)) and (not isinstance(data__targetvolatility, bool)):
                if data__targetvolatility > 10:
                    raise ValueError
                if data__targetvolatility <= 0:
                    raise ValueError
        if 'volatility_window' in data_keys:
            data_keys.remove('volatility_window')
            data__volatilitywindow = data['volatility_window']
            if not isinstance(data__volatilitywindow, int) and (not (isinstance(data__volatilitywindow, float) and data__volatilitywindow.is_integer())) or isinstance(data__volatilitywindow, bool):
                raise ValueError
            if isinstance(data__volatilitywindow, (int, float)) and (not isinstance(data__volatilitywindow, bool)):
                if data__volatilitywindow < 2:
                    raise ValueError
                if data__volatilitywindow > 5000:
                    raise ValueError
        if 'max_exposure' in data_keys:
            data_keys.remove('max_exposure')
            data__maxexposure = data['max_exposure']
            if not isinstance(data__maxexposure, (int, float)) or isinstance(data__maxexposure, bool):
                raise ValueError
            if isinstance(data__maxexposure, (int, float)) and (not isinstance(data__maxexposure, bool)):
                if data__maxexposure > 1:
                    raise ValueError
                if data__maxexposure <= 0:
                    raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
